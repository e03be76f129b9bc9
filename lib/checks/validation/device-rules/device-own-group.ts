import { knownValue } from '../../../base/known.ts';
import { shortAddress } from '../../../pci/address.ts';
import { groupOf } from '../group-of.ts';
import { APART_REMEDY } from '../remedies.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const deviceOwnGroup: DeviceRule = {
  id: 'device-own-group',
  title: 'it is in another group than its PF',
  grade: 'fail',
  purposes: ['passthrough', 'sriov'],
  meaning:
    'A VF is not in the IOMMU group of its PF. If it is, it cannot be passed through: a VM can get its group only after the PF leaves its driver, and then the VF no longer exists.',
  evaluate: (device, host) => {
    const role = knownValue(device.sriov);
    if (role?.role !== 'vf') return doesNotApply('is not a VF');
    const group = groupOf(device, host);
    if (group === undefined) return doesNotApply('is not in an IOMMU group');
    const isHeld = group.obstacles.some(
      ({ code, subject }) => code === 'VF_WITH_PF' && subject === device.address,
    );
    const pf = shortAddress(role.physicalFunction);
    if (!isHeld) return holds(`is in another group than ${pf}`);
    return violated(`is in the group of its PF ${pf}, so it cannot be passed through`, {
      evidence: [`group ${group.id}`],
      remedy: APART_REMEDY,
    });
  },
};
