/** A source of names for ids. Every lookup returns `null` for an id that is not listed. */
export interface PciNames {
  /** A description for users: `the system's pci.ids of 2026-08-01 (/usr/share/misc/pci.ids)`. */
  readonly source: string;
  vendor(vendorId: string): string | null;
  device(vendorId: string, deviceId: string): string | null;
  subsystem(vendorId: string, deviceId: string, subVendorId: string, subDeviceId: string): string | null;
  /** The name of the subclass, or of the class if the subclass has none. */
  deviceClass(classCode: string): string | null;
}

/** No names, for readers that need only the ids. */
export const NO_NAMES: PciNames = {
  source: 'none',
  vendor: () => null,
  device: () => null,
  subsystem: () => null,
  deviceClass: () => null,
};

/**
 * Names from a file in the format of `pci.ids`. There is no index: an id is searched in the bytes when it is first
 * requested, because a host has tens of different ids and the list tens of thousands.
 */
export class PciIdsNames implements PciNames {
  readonly source: string;
  readonly #bytes: Buffer;
  // The same with one character for each byte, so that offsets are the same. A plain search is faster in bytes; a
  // pattern needs text.
  readonly #text: string;
  readonly #classesAt: number;
  readonly #vendors = new Map<string, Block | null>();

  constructor(bytes: Buffer, source: string) {
    this.#bytes = bytes;
    this.#text = bytes.toString('latin1');
    this.source = source;
    // The classes are at the end.
    this.#classesAt = Math.max(0, bytes.lastIndexOf('\nC 00  ', undefined, 'latin1'));
  }

  vendor(vendorId: string): string | null {
    return this.#vendorBlock(vendorId)?.name ?? null;
  }

  device(vendorId: string, deviceId: string): string | null {
    return this.#deviceBlock(vendorId, deviceId)?.name ?? null;
  }

  subsystem(vendorId: string, deviceId: string, subVendorId: string, subDeviceId: string): string | null {
    const device = this.#deviceBlock(vendorId, deviceId);
    if (device === null) return null;
    return this.#find(`\n\t\t${subVendorId} ${subDeviceId}  `, device.from, device.to, 2)?.name ?? null;
  }

  deviceClass(classCode: string): string | null {
    const base = this.#find(`\nC ${classCode.slice(0, 2)}  `, this.#classesAt, this.#text.length, 0);
    if (base === null) return null;
    return this.#find(`\n\t${classCode.slice(2, 4)}  `, base.from, base.to, 1)?.name ?? base.name;
  }

  #vendorBlock(vendorId: string): Block | null {
    const known = this.#vendors.get(vendorId);
    if (known !== undefined) return known;
    const block = this.#find(`\n${vendorId}  `, 0, this.#text.length, 0);
    this.#vendors.set(vendorId, block);
    return block;
  }

  #deviceBlock(vendorId: string, deviceId: string): Block | null {
    const vendor = this.#vendorBlock(vendorId);
    return vendor && this.#find(`\n\t${deviceId}  `, vendor.from, vendor.to, 1);
  }

  /** Finds the line that begins with `key` between two offsets, and the indented lines below it. */
  #find(key: string, from: number, to: number, depth: 0 | 1 | 2): Block | null {
    // Most subsystems are not listed, and the list of a device is long.
    const within = this.#bytes.subarray(from, to).indexOf(key, 0, 'latin1');
    if (within < 0) return null;
    const at = from + within;
    const nameAt = at + key.length;
    const lineEnd = this.#text.indexOf('\n', nameAt);
    const nameEnd = lineEnd < 0 ? this.#text.length : lineEnd;
    const blockEnd = OUTSIDE[depth];
    blockEnd.lastIndex = nameEnd;
    const name = this.#bytes.toString('utf8', nameAt, nameEnd).trim();
    return { name, from: nameEnd, to: blockEnd.exec(this.#text)?.index ?? this.#text.length };
  }
}

interface Block {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

// The first line that is not indented more than a line of that depth; comments and empty lines are skipped.
const OUTSIDE = [/\n[^\t#\n]/g, /\n(?:[^\t#\n]|\t[^\t])/g, /\n(?:[^\t#\n]|\t[^\t]|\t\t[^\t])/g] as const;

/** The date in a list of PCI ids (`#	Date:    2026-10-24 03:15:02`), or `null`. */
export function pciIdsDate(bytes: Buffer): string | null {
  return /^#\s*Date:\s*(\d{4}-\d{2}-\d{2})/m.exec(bytes.toString('latin1', 0, 2048))?.[1] ?? null;
}

/** Whether bytes are a list of PCI ids: it has vendors and classes. */
export function isPciIds(bytes: Buffer): boolean {
  // The classes are at the end.
  return bytes.lastIndexOf('\nC 02  ', undefined, 'latin1') >= 0 && bytes.includes('\n8086  ', 0, 'latin1');
}
