import { knownValue } from '../base/known.ts';
import type { PciAddress } from './address.ts';
import type { DeviceWith, PciDevice } from './device.ts';

/** A function, with the functions on the buses behind it. */
export interface TopologyNode<Device extends DeviceWith<never> = PciDevice> {
  readonly device: Device;
  readonly children: readonly TopologyNode<Device>[];
}

/** A root bus, `pci0000:00`, with its functions. Devices without a known place are under the root `null`. */
export interface TopologyRoot<Device extends DeviceWith<never> = PciDevice> {
  readonly root: string | null;
  readonly children: readonly TopologyNode<Device>[];
}

/**
 * The tree of buses, by the place of each device. A device whose parent is not among `devices` is put under its
 * nearest ancestor that is. The order is that of `devices`.
 */
export function buildTopology<Device extends DeviceWith<'location'>>(
  devices: readonly Device[],
): readonly TopologyRoot<Device>[] {
  const present = new Set(devices.map((device) => device.address));
  const below = new Map<PciAddress, Device[]>();
  const roots = new Map<string | null, Device[]>();
  for (const device of devices) {
    const location = knownValue(device.location);
    const parent = location?.bridges.findLast((bridge) => present.has(bridge));
    if (parent === undefined) push(roots, location?.root ?? null, device);
    else push(below, parent, device);
  }
  const node = (device: Device): TopologyNode<Device> => ({
    device,
    children: (below.get(device.address) ?? []).map(node),
  });
  return [...roots].map(([root, children]) => ({ root, children: children.map(node) }));
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
