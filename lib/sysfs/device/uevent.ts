/** The ids of a function in `uevent`: lowercase hex digits, `null` if one is missing. */
export interface UeventIds {
  readonly classCode: string | null;
  readonly vendorId: string | null;
  readonly deviceId: string | null;
  readonly subsystemVendorId: string | null;
  readonly subsystemDeviceId: string | null;
}

/** The contents of `uevent` of a PCI function. */
export interface Uevent {
  readonly driver: string | null;
  /** The address in it. */
  readonly slotName: string | null;
  readonly ids: UeventIds;
}

/**
 * Parses `/sys/bus/pci/devices/ADDRESS/uevent`: `DRIVER=igb`, `PCI_CLASS=20000`, `PCI_ID=8086:10C9`,
 * `PCI_SUBSYS_ID=8086:A03C`, `PCI_SLOT_NAME=0000:01:00.0`, `MODALIAS=…`; ids in upper case, without leading zeros.
 * `known` caches the ids of parsed lines: the many VFs of a host have the same.
 */
export function parseUevent(text: string, known: Map<string, UeventIds>): Uevent {
  const from = text.indexOf('PCI_CLASS=');
  const to = text.indexOf('PCI_SLOT_NAME=');
  const lines = from >= 0 && from < to ? text.slice(from, to) : text;
  let ids = known.get(lines);
  if (ids === undefined) {
    ids = parseIds(lines);
    known.set(lines, ids);
  }
  return { driver: lineValue(text, 'DRIVER='), slotName: lineValue(text, 'PCI_SLOT_NAME='), ids };
}

function parseIds(lines: string): UeventIds {
  const [vendorId, deviceId] = idPair(lineValue(lines, 'PCI_ID='));
  const [subsystemVendorId, subsystemDeviceId] = idPair(lineValue(lines, 'PCI_SUBSYS_ID='));
  const classCode = hexDigits(lineValue(lines, 'PCI_CLASS='), 6);
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
