import { isUnknown } from '../base/known.ts';
import type { HostReader } from '../host/host-reader.ts';
import { type Guard, guardOf } from '../plan/guard.ts';
import { readFunction } from '../sysfs/device/read-inventory.ts';
import type { Problem } from './change-maker.ts';

/** Whether the function at an address is still the one that a plan means, in the same group; why not otherwise. */
export function checkGuard(host: HostReader, guard: Guard): Problem | null {
  const now = readFunction(host, guard.address, ['vendor', 'device', 'subsystem', 'iommuGroup']);
  if (now === null) return 'it is not on the PCI bus any more';
  const { id, subsystem, iommuGroup } = guardOf(now);
  if (guard.id === null) return 'its ids were not known when this was planned';
  if (id !== guard.id || subsystem !== guard.subsystem) {
    return `another device is at its address now: ${id ?? 'unknown'}, not ${guard.id ?? 'unknown'}`;
  }
  // A virtio-iommu puts a device into a group when it is bound.
  if (typeof guard.iommuGroup !== 'number') return null;
  if (isUnknown(iommuGroup)) return `its IOMMU group cannot be read (${iommuGroup.unknown})`;
  if (iommuGroup === guard.iommuGroup) return null;
  return `it is in IOMMU group ${iommuGroup ?? 'none'} now, not ${guard.iommuGroup}`;
}
