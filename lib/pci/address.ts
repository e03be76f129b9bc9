declare const canonical: unique symbol;

/**
 * The address of a PCI function, canonical: `domain:bus:slot.function` in lowercase, the domain with 4 to 8 hex digits
 * (VMD uses `10000`). Slot is at most `1f`, function at most `7`, as the kernel prints them, also for ARI functions.
 */
export type PciAddress = string & { readonly [canonical]: true };

const CANONICAL = /^(?:[0-9a-f]{4}|[1-9a-f][0-9a-f]{4,7}):[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/;
const WRITTEN = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i;
const NODEDEV = /^pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])$/i;

/** Whether text is an address in canonical form, as sysfs names a function. */
export function isPciAddress(text: string): text is PciAddress {
  return CANONICAL.test(text);
}

/**
 * Parses an address in the usual forms: `0000:01:00.0`, `01:00.0`, `1:0.0` (domain 0), upper case, libvirt's
 * `pci_0000_01_00_0`, or a path that ends in one. Undefined if the text is not an address.
 */
export function parsePciAddress(rawText: string): PciAddress | undefined {
  const text = rawText.slice(rawText.replace(/\/+$/, '').lastIndexOf('/') + 1).replace(/\/+$/, '');
  const match = WRITTEN.exec(text) ?? NODEDEV.exec(text);
  if (match === null) return undefined;
  const [, domain = '0', bus = '', slot = '', fn = ''] = match;
  const widened = domain.replace(/^0+/, '').padStart(4, '0');
  const address = `${widened}:${bus.padStart(2, '0')}:${slot.padStart(2, '0')}.${fn}`.toLowerCase();
  return isPciAddress(address) ? address : undefined;
}

/** The slot of a function, without the function: `0000:01:00`. Functions of one card share it. */
export function slotOf(address: PciAddress): string {
  return address.slice(0, -2);
}

/** Slot and function without domain and bus, `00.0`: the part that stays if buses are renumbered. */
export function slotAndFunctionOf(address: PciAddress): string {
  return address.slice(-4);
}

/** The address without its domain if that is 0: `01:00.0`. */
export function shortAddress(address: PciAddress): string {
  return address.startsWith('0000:') ? address.slice(5) : address;
}

/**
 * Orders addresses by domain, bus, slot, function. The order of canonical text is the same, except that a longer
 * domain is larger.
 */
export function comparePciAddresses(a: PciAddress, b: PciAddress): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
