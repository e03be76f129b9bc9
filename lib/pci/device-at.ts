import type { PciAddress } from './address.ts';
import type { DeviceWith } from './device.ts';

// Created once for an inventory: a search through all devices for each device takes minutes on a large host.
const indexes = new WeakMap<readonly DeviceWith<never>[], ReadonlyMap<string, DeviceWith<never>>>();

/** The device at an address of an inventory, which must not change. */
export function deviceAt<Device extends DeviceWith<never>>(
  devices: readonly Device[],
  address: PciAddress | null | undefined,
): Device | undefined {
  if (address === null || address === undefined) return undefined;
  // Each list has the index of its own devices, which the type of the map cannot express.
  let index = indexes.get(devices) as ReadonlyMap<string, Device> | undefined;
  if (index === undefined) {
    index = new Map(devices.map((device) => [device.address, device]));
    indexes.set(devices, index);
  }
  return index.get(address);
}
