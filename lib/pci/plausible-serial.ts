/** A serial number; `null` for one that the maker left blank, which does not identify a device. */
export function plausibleSerial(serial: string | undefined): string | null {
  if (serial === undefined || /^(0x)?[0\s:-]*$/.test(serial) || /^(0x)?[fF:-]+$/.test(serial)) return null;
  return serial;
}
