import { knownValue } from '../../base/known.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import type { ValidatedHost } from './validated-host.ts';
import type { ValidatedDevice } from './validation-fields.ts';

/** The IOMMU group that a device is in. */
export function groupOf(
  { iommuGroup }: ValidatedDevice,
  { groups }: { readonly groups: readonly IommuGroup<ValidatedDevice>[] },
): IommuGroup<ValidatedDevice> | undefined {
  return groups.find(({ id }) => id === knownValue(iommuGroup));
}

/** The groups that the question is about: those of the devices that are asked about, or all. */
export function askedGroups({
  groups,
  asked,
}: Pick<ValidatedHost, 'groups' | 'asked'>): readonly IommuGroup<ValidatedDevice>[] {
  if (asked === null) return groups;
  const ids = new Set(asked.map(({ iommuGroup }) => knownValue(iommuGroup)));
  return groups.filter(({ id }) => ids.has(id));
}

/** Whether no function of the host is in an IOMMU group. */
export function hasNoGroups({ groups, plainGroups }: Pick<ValidatedHost, 'groups' | 'plainGroups'>): boolean {
  return groups.length + plainGroups === 0;
}
