import { isUnknown } from '../../base/known.ts';
import { isBridge } from '../../pci/iommu-group.ts';
import { notKnown, type SafetyRule } from '../safety-rule.ts';

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
      ? [notKnown('which devices are in its IOMMU group', device.iommuGroup)]
      : [],
};
