import type { PciAddress } from './address.ts';
import type { DeviceWith } from './device.ts';

// Made once for an inventory: to look through all devices for each of them takes a large host minutes.
const indexes = new WeakMap<readonly DeviceWith<never>[], ReadonlyMap<string, DeviceWith<never>>>();

/** The device at an address among those of an inventory, which nobody may change. */
export function deviceAt<Device extends DeviceWith<never>>(
  devices: readonly Device[],
  address: PciAddress | null | undefined,
): Device | undefined {
  if (address === null || address === undefined) return undefined;
  // Each list has the index of its own devices, which the type of the map cannot say.
  let index = indexes.get(devices) as ReadonlyMap<string, Device> | undefined;
  if (index === undefined) {
    index = new Map(devices.map((device) => [device.address, device]));
    indexes.set(devices, index);
  }
  return index.get(address);
}
