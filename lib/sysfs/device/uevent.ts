const DRIVER = 'DRIVER=';
const CLASS = 'PCI_CLASS=';
const SLOT_NAME = 'PCI_SLOT_NAME=';

/** The ids of a function in `uevent`: lowercase hex digits, `null` if one is missing. */
export interface UeventIds {
  readonly classCode: string | null;
  readonly vendorId: string | null;
  readonly deviceId: string | null;
  readonly subsystemVendorId: string | null;
  readonly subsystemDeviceId: string | null;
}

/** The contents of `uevent` of a PCI function, without its address. */
export interface Uevent {
  readonly driver: string | null;
  readonly ids: UeventIds;
}

/**
 * Parses `/sys/bus/pci/devices/ADDRESS/uevent`: `DRIVER=igb`, `PCI_CLASS=20000`, `PCI_ID=8086:10C9`,
 * `PCI_SUBSYS_ID=8086:A03C`, `PCI_SLOT_NAME=0000:01:00.0`, `MODALIAS=…`; ids in capitals, without leading
 * zeros. `known` keeps what was parsed by what stands before the address: the many VFs of a host have the same.
 */
export function parseUevent(text: string, known: Map<string, Uevent>): Uevent {
  const to = text.indexOf(SLOT_NAME);
  // As the kernel writes it, the driver and the ids stand before the address.
  const isUsual = text.lastIndexOf(CLASS, to) >= 0 && text.indexOf(DRIVER, to) < 0;
  const lines = isUsual ? text.slice(0, to) : text;
  let uevent = known.get(lines);
  if (uevent === undefined) {
    uevent = { driver: lineValue(lines, DRIVER), ids: parseIds(lines) };
    known.set(lines, uevent);
  }
  return uevent;
}

/** The address that `uevent` says it speaks of. */
export function slotNameIn(text: string): string | null {
  return lineValue(text, SLOT_NAME);
}

function parseIds(lines: string): UeventIds {
  const [vendorId, deviceId] = idPair(lineValue(lines, 'PCI_ID='));
  const [subsystemVendorId, subsystemDeviceId] = idPair(lineValue(lines, 'PCI_SUBSYS_ID='));
  const classCode = hexDigits(lineValue(lines, CLASS), 6);
  return { classCode, vendorId, deviceId, subsystemVendorId, subsystemDeviceId };
}

function lineValue(text: string, key: string): string | null {
  let at = text.indexOf(key);
  while (at > 0 && text[at - 1] !== '\n') at = text.indexOf(key, at + 1);
  if (at < 0) return null;
  const end = text.indexOf('\n', at);
  return text.slice(at + key.length, end < 0 ? undefined : end);
}

function idPair(text: string | null): readonly [string | null, string | null] {
  if (text === null) return [null, null];
  const colon = text.indexOf(':');
  if (colon < 0) return [null, null];
  return [hexDigits(text.slice(0, colon), 4), hexDigits(text.slice(colon + 1), 4)];
}

function hexDigits(text: string | null, digits: number): string | null {
  if (text === null || text.length > digits || !/^[0-9A-Fa-f]+$/.test(text)) return null;
  return text.toLowerCase().padStart(digits, '0');
}
