import { shortAddress } from '../../../pci/address.ts';
import { listSome } from '../../safety/safety-rule.ts';
import { groupOf } from '../group-of.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const deviceNeighbours: DeviceRule = {
  id: 'device-neighbours',
  title: 'it can be passed through on its own',
  grade: 'warn',
  purposes: ['passthrough'],
  meaning: 'No other device is in its IOMMU group, because a VM gets either all members of a group or none.',
  evaluate: (device, host) => {
    const group = groupOf(device, host);
    if (group === undefined) return doesNotApply('is not in an IOMMU group');
    const others = group.members.filter((member) => member.device !== device && !member.stays);
    if (others.length === 0) return holds(`has group ${group.id} to itself`);
    const names = others.map((member) => shortAddress(member.device.address));
    return violated(`can be passed through only together with ${listSome(names)}`, {
      evidence: [`group ${group.id}`],
      remedy: `pass all of them to one VM (pci bind includes them), or use a slot behind another port: pci groups ${shortAddress(device.address)}`,
    });
  },
};
