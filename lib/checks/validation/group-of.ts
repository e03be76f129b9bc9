import { knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';

/** The IOMMU group that a device is in. */
export function groupOf(
  { iommuGroup }: PciDevice,
  { groups }: { readonly groups: readonly IommuGroup[] },
): IommuGroup | undefined {
  return groups.find(({ id }) => id === knownValue(iommuGroup));
}
