import type { PciAddress } from './address.ts';
import type { PciDevice } from './device.ts';

// Made once for an inventory: to look through all devices for each of them takes a large host minutes.
const indexes = new WeakMap<readonly PciDevice[], ReadonlyMap<string, PciDevice>>();

/** The device at an address among those of an inventory, which nobody may change. */
export function deviceAt(
  devices: readonly PciDevice[],
  address: PciAddress | null | undefined,
): PciDevice | undefined {
  if (address === null || address === undefined) return undefined;
  let index = indexes.get(devices);
  if (index === undefined) {
    index = new Map(devices.map((device) => [device.address, device]));
    indexes.set(devices, index);
  }
  return index.get(address);
}
