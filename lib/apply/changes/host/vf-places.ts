import { knownValue } from '../../../base/known.ts';
import { Problem } from '../../../base/problem.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { isBridge } from '../../../pci/group/iommu-group.ts';
import type { VfPlace } from '../../../plan/change-states.ts';
import { readVfsNow } from '../../../sysfs/device/driver-state.ts';
import { readFunction } from '../../../sysfs/device/read-inventory.ts';
import { readGroupMembers } from '../../../sysfs/read-groups.ts';

/** Why VFs for a VM are not the planned ones: the address and ids of a new VF are computed before it exists. */
export function problemOfVfs(reader: HostReader, vfs: readonly VfPlace[]): Problem | null {
  for (const { address, pf, index } of vfs) {
    if (readVfsNow(reader, pf).addressOf(index) !== address) {
      return new Problem('VF_MOVED', `${address} is not VF ${index} of ${pf}`);
    }
    const companion = companionOf(reader, address);
    if (companion !== null) {
      return new Problem(
        'GROUP_SHARED',
        `${address} shares its IOMMU group with ${companion}: it cannot be assigned on its own`,
      );
    }
  }
  return null;
}

/** Another device in the IOMMU group of one, other than a bridge. */
function companionOf(reader: HostReader, address: PciAddress): PciAddress | null {
  const group = knownValue(readFunction(reader, address, ['iommuGroup'])?.iommuGroup ?? null);
  const members = group === undefined ? [] : readGroupMembers(reader, group);
  const companion = members.find((member) => {
    const device = member === address ? null : readFunction(reader, member, ['class', 'config']);
    return device !== null && !isBridge(device);
  });
  return companion ?? null;
}
