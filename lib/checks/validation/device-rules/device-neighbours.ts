import { shortAddress } from '../../../pci/address.ts';
import { listSome } from '../../safety/safety-rule.ts';
import { groupOf } from '../group-of.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

/** It can be given by itself. */
export const deviceNeighbours: DeviceRule = {
  id: 'device-neighbours',
  title: 'it can be given by itself',
  grade: 'warn',
  purposes: ['passthrough'],
  meaning: 'No other device is in its IOMMU group: all of a group go to one machine, or stay.',
  evaluate: (device, host) => {
    const group = groupOf(device, host);
    if (group === undefined) return doesNotApply('is in no IOMMU group');
    const others = group.members.filter((member) => member.device !== device && !member.stays);
    if (others.length === 0) return holds(`is alone in group ${group.id}`);
    const names = others.map((member) => shortAddress(member.device.address));
    return violated(`goes with ${listSome(names)} alone, or not at all`, {
      evidence: [`group ${group.id}`],
      remedy: `give all of them to one machine (pci bind takes them along), or use a slot behind another port: pci groups ${shortAddress(device.address)}`,
    });
  },
};
