import { isPciAddress, type PciAddress, slotAndFunctionOf } from './address.ts';

/** The place of a function in the tree of buses. */
export interface DeviceLocation {
  /** Its root complex: `pci0000:00`. The root of a VMD domain is below a function. */
  readonly root: string;
  /** The functions above it, from the root down: bridges, and for VMD the controller. */
  readonly bridges: readonly PciAddress[];
  /** The bridge directly above it; `null` on a root bus. */
  readonly parent: PciAddress | null;
}

/**
 * Parses a location from the target of the device's entry on the bus:
 * `../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0`. Undefined if it is not a path of PCI functions.
 */
export function parseLocation(path: string, address: PciAddress): DeviceLocation | undefined {
  return path.endsWith(`/${address}`) ? parseLocationBelow(path.slice(0, -address.length - 1)) : undefined;
}

/** The location of the functions in a folder: `../../../devices/pci0000:00/0000:00:01.0`. Otherwise as `parseLocation`. */
export function parseLocationBelow(folder: string): DeviceLocation | undefined {
  const names = folder.split('/');
  const first = names.findIndex((name) => name.startsWith('pci') && name.includes(':'));
  if (first < 0) return undefined;
  const bridges = names.slice(first + 1).filter(isPciAddress);
  return { root: names[first] as string, bridges, parent: bridges.at(-1) ?? null };
}

/** The path from the root without bus numbers, which change if a card is added: `pci0000:00/01.0/00.0`. */
export function topologyPath(location: DeviceLocation, address: PciAddress): string {
  return [location.root, ...location.bridges.map(slotAndFunctionOf), slotAndFunctionOf(address)].join('/');
}
