import { shortAddress } from '../../../../pci/address.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { APART_REMEDY } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, violated } from '../../verdict.ts';

export const sriovIsolation: HostRule = {
  id: 'sriov-isolation',
  title: 'VFs are in other groups than their card',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'No VF is in the IOMMU group of its PF. If it is, a VM can get the group only after the PF leaves its driver, and then the VF no longer exists. The cause is that the port above the card, or the card itself, has no access control services (ACS).',
  evaluate: ({ devices, groups }) => {
    const vfs = (devices ?? []).filter(
      ({ sriov }) => sriov !== null && 'role' in sriov && sriov.role === 'vf',
    );
    if (vfs.length === 0) return doesNotApply('there are no VFs');
    const held = groups.flatMap(({ id, obstacles }) =>
      obstacles.flatMap(({ code, subject }) =>
        code === 'VF_WITH_PF' && subject !== null ? [{ id, address: shortAddress(subject) }] : [],
      ),
    );
    if (held.length === 0) return holds('each VF is in another group than its card');
    return violated(
      `${listSome(held.map(({ address }) => address))} cannot be passed through: the card is in the same group`,
      { evidence: held.map(({ id, address }) => `group ${id}: ${address}`), remedy: APART_REMEDY },
    );
  },
};
