/** A serial number; `null` for one that a maker left at nothing, which tells no two devices apart. */
export function plausibleSerial(serial: string | undefined): string | null {
  if (serial === undefined || /^(0x)?[0\s:-]*$/.test(serial) || /^(0x)?[fF:-]+$/.test(serial)) return null;
  return serial;
}
