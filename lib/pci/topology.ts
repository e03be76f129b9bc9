import { knownValue } from '../base/known.ts';
import type { PciAddress } from './address.ts';
import type { PciDevice } from './device.ts';

/** A function, with the functions on the buses behind it. */
export interface TopologyNode {
  readonly device: PciDevice;
  readonly children: readonly TopologyNode[];
}

/** A root bus, `pci0000:00`, with its functions. Devices without a known place are under the root `null`. */
export interface TopologyRoot {
  readonly root: string | null;
  readonly children: readonly TopologyNode[];
}

/**
 * The tree of buses, from the `location` of each device. A device whose parent is not among `devices` is put
 * under its nearest ancestor that is. Order is that of `devices`.
 */
export function buildTopology(devices: readonly PciDevice[]): readonly TopologyRoot[] {
  const present = new Set(devices.map((device) => device.address));
  const below = new Map<PciAddress, PciDevice[]>();
  const roots = new Map<string | null, PciDevice[]>();
  for (const device of devices) {
    const location = knownValue(device.location);
    const parent = location?.bridges.findLast((bridge) => present.has(bridge));
    if (parent === undefined) push(roots, location?.root ?? null, device);
    else push(below, parent, device);
  }
  const node = (device: PciDevice): TopologyNode => ({
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
