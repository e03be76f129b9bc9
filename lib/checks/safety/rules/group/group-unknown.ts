import { isUnknown } from '../../../../base/known.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const groupUnknown: SafetyRule = {
  name: 'group-unknown',
  title: 'its IOMMU group is unknown',
  severity: 'refuses',
  meaning:
    'The link `iommu_group` cannot be read, or is a directory in a copy that followed links. So the other devices that must leave the host together with it are unknown, and are not checked.',
  remedy: 'run it on the host itself, as root',
  isOfGiven: true,
  find: (device) =>
    !isBridge(device) && isUnknown(device.iommuGroup)
      ? [unknownFinding('the members of its IOMMU group', device.iommuGroup)]
      : [],
};
