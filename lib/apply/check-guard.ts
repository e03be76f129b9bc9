import { isUnknown } from '../base/known.ts';
import { Problem } from '../base/problem.ts';
import type { HostReader } from '../host/host-reader.ts';
import { type Guard, guardOf } from '../plan/guard.ts';
import { readFunction } from '../sysfs/device/read-inventory.ts';

/** Why the function at an address is no longer the one in a plan, in the same group; `null` if it is. */
export function checkGuard(host: HostReader, guard: Guard): Problem | null {
  const now = readFunction(host, guard.address, ['vendor', 'device', 'subsystem', 'iommuGroup']);
  if (now === null) return new Problem('DEVICE_GONE', 'it is no longer on the PCI bus');
  const { id, subsystem, iommuGroup } = guardOf(now);
  if (guard.id === null)
    return new Problem('DEVICE_UNIDENTIFIED', 'its ids were unknown when the plan was made');
  if (id !== guard.id || subsystem !== guard.subsystem) {
    return new Problem(
      'DEVICE_REPLACED',
      `its address now belongs to another device: ${id ?? 'unknown'}, not ${guard.id ?? 'unknown'}`,
    );
  }
  // A virtio-iommu puts a device into a group when it is bound.
  if (typeof guard.iommuGroup !== 'number') return null;
  if (isUnknown(iommuGroup))
    return new Problem('GROUP_UNREADABLE', `its IOMMU group cannot be read (${iommuGroup.unknown})`);
  if (iommuGroup === guard.iommuGroup) return null;
  return new Problem(
    'GROUP_CHANGED',
    `it is in IOMMU group ${iommuGroup ?? 'none'} now, not ${guard.iommuGroup}`,
  );
}
