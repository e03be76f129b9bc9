import { shortAddress } from '../../../../pci/address.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { APART_REMEDY } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, violated } from '../../verdict.ts';

/** Virtual functions can be given. */
export const sriovIsolation: HostRule = {
  id: 'sriov-isolation',
  title: 'virtual functions are in other groups than their card',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'No virtual function is in the IOMMU group of its physical function. If one is, the group can go to a machine only when the physical function has left its driver, and then the virtual function is gone. The port above the card has no access control (ACS), or the card itself lacks it.',
  evaluate: ({ devices, groups }) => {
    const vfs = (devices ?? []).filter(
      ({ sriov }) => sriov !== null && 'role' in sriov && sriov.role === 'vf',
    );
    if (vfs.length === 0) return doesNotApply('there are no virtual functions');
    const held = groups.flatMap(({ id, obstacles }) =>
      obstacles.flatMap(({ code, subject }) =>
        code === 'VF_WITH_PF' && subject !== null ? [{ id, address: shortAddress(subject) }] : [],
      ),
    );
    if (held.length === 0) return holds('each virtual function is in another group than its card');
    return violated(
      `${listSome(held.map(({ address }) => address))} can be given to nobody: the card is in the same group`,
      { evidence: held.map(({ id, address }) => `group ${id}: ${address}`), remedy: APART_REMEDY },
    );
  },
};
