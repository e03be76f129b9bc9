import { knownValue } from '../../../base/known.ts';
import { shortAddress } from '../../../pci/address.ts';
import { groupOf } from '../group-of.ts';
import { APART_REMEDY } from '../remedies.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

/** A virtual function is apart from its card. */
export const deviceOwnGroup: DeviceRule = {
  id: 'device-own-group',
  title: 'it is in another group than its physical function',
  grade: 'fail',
  purposes: ['passthrough', 'sriov'],
  meaning:
    'A virtual function is not in the IOMMU group of its physical function. If it is, it can be given to nobody: its group can go to a machine only when the physical function has left its driver, and then the virtual function is gone.',
  evaluate: (device, host) => {
    const role = knownValue(device.sriov);
    if (role?.role !== 'vf') return doesNotApply('is no virtual function');
    const group = groupOf(device, host);
    if (group === undefined) return doesNotApply('is in no IOMMU group');
    const isHeld = group.obstacles.some(
      ({ code, subject }) => code === 'VF_WITH_PF' && subject === device.address,
    );
    const pf = shortAddress(role.physicalFunction);
    if (!isHeld) return holds(`is in another group than ${pf}`);
    return violated(
      `is in the group of ${pf}, which it is a virtual function of: it can be given to nobody`,
      {
        evidence: [`group ${group.id}`],
        remedy: APART_REMEDY,
      },
    );
  },
};
