import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';

// Made once for an inventory: each question about a host asks for it several times.
const indexes = new WeakMap<
  readonly DeviceWith<'sriov'>[],
  ReadonlyMap<PciAddress, ReadonlySet<PciAddress>>
>();

/**
 * The VFs of each PF of an inventory, which must not change, by the links of the PF (`virtfn0`) and by those of the
 * VFs (`physfn`): either may be unreadable.
 */
export function virtualFunctionsByPf(
  devices: readonly DeviceWith<'sriov'>[],
): ReadonlyMap<PciAddress, ReadonlySet<PciAddress>> {
  const known = indexes.get(devices);
  if (known !== undefined) return known;
  const all = new Map<PciAddress, Set<PciAddress>>();
  const add = (pf: PciAddress, vf: PciAddress): void => {
    const own = all.get(pf);
    if (own === undefined) all.set(pf, new Set([vf]));
    else own.add(vf);
  };
  for (const { address, sriov } of devices) {
    const role = knownValue(sriov);
    if (role?.role === 'pf') for (const vf of role.virtualFunctions) add(address, vf);
    if (role?.role === 'vf') add(role.physicalFunction, address);
  }
  indexes.set(devices, all);
  return all;
}

/** Why a function may have more VFs than were found; `null` if it has not. */
export function moreVirtualFunctions({ sriov }: DeviceWith<'sriov'>, found: number): Known<never> {
  if (isUnknown(sriov)) return sriov;
  if (sriov?.role !== 'pf') return null;
  const { numVfs } = sriov;
  if (isUnknown(numVfs)) return numVfs;
  return (numVfs ?? 0) > found ? { unknown: 'broken' } : null;
}
