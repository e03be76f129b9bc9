import { isUnknown } from '../../../base/known.ts';
import { shortAddress } from '../../../pci/address.ts';
import { isBridge, isWithoutIommu } from '../../../pci/group/iommu-group.ts';
import { iommuAdvice } from '../../../pci/group/iommu-state.ts';
import { listSome } from '../../safety/safety-rule.ts';
import { groupOf, hasNoGroups } from '../group-of.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const deviceGroup: DeviceRule = {
  id: 'device-group',
  title: 'the IOMMU covers it',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'It is in an IOMMU group. With some IOMMUs (virtio-iommu) a device has a group only after a driver was bound to it.',
  evaluate: (device, host) => {
    if (isBridge(device)) return doesNotApply('is a bridge');
    if (isUnknown(device.iommuGroup)) return unknownVerdict('its IOMMU group', device.iommuGroup);
    const group = groupOf(device, host);
    if (group !== undefined) {
      const without = isWithoutIommu(group);
      if (without === true) {
        return violated('no IOMMU covers its group: VFIO created it (enable_unsafe_noiommu_mode)', {
          evidence: [`group ${group.id}: vfio-noiommu`],
          remedy: iommuAdvice(host.facts.iommu),
        });
      }
      if (isUnknown(without)) return unknownVerdict('the IOMMU of its group', without);
      const others = group.members.filter((member) => member.device !== device && !member.stays);
      const names = others.map((member) => shortAddress(member.device.address));
      return holds(
        names.length === 0
          ? `has group ${group.id} to itself`
          : `is in group ${group.id} with ${listSome(names)}`,
      );
    }
    if (hasNoGroups(host)) return doesNotApply('there are no IOMMU groups');
    return violated('is not in an IOMMU group', {
      remedy:
        device.driver === null
          ? 'bind it to vfio-pci and check again, because some IOMMUs then create a group: pci bind'
          : 'move it to another slot: the IOMMU does not cover this one',
      ...(device.driver === null ? { grade: 'note' as const } : {}),
    });
  },
};
