import { isUnknown } from '../../../../base/known.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

/** Nobody knows what goes with it. */
export const groupUnknown: SafetyRule = {
  name: 'group-unknown',
  title: 'its IOMMU group is not known',
  severity: 'refuses',
  meaning:
    'The link `iommu_group` cannot be read, or a copy that followed links has a folder in its place. Then nobody knows which other devices leave the host together with it, and none of them is looked at.',
  remedy: 'run it on the host itself, as root',
  isOfGiven: true,
  find: (device) =>
    !isBridge(device) && isUnknown(device.iommuGroup)
      ? [unknownFinding('which devices are in its IOMMU group', device.iommuGroup)]
      : [],
};
