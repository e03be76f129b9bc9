import { knownValue } from '../../base/known.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import type { ValidatedDevice } from './validation-fields.ts';

/** The IOMMU group that a device is in. */
export function groupOf(
  { iommuGroup }: ValidatedDevice,
  { groups }: { readonly groups: readonly IommuGroup<ValidatedDevice>[] },
): IommuGroup<ValidatedDevice> | undefined {
  return groups.find(({ id }) => id === knownValue(iommuGroup));
}
