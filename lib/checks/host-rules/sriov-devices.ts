import { isUnknown, knownValue } from '../../base/known.ts';
import { shortAddress } from '../../pci/address.ts';
import { listSome } from '../safety-rule.ts';
import { hasSriov } from '../sriov-ability.ts';
import type { HostRule } from '../validation-rule.ts';
import { doesNotApply, holds, notTold, violated } from '../verdict.ts';

/** A card makes virtual functions. */
export const sriovDevices: HostRule = {
  id: 'sriov-devices',
  title: 'a card can make virtual functions',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'A device has the capability of SR-IOV in its configuration space, of which root alone can read that part, or `sriov_totalvfs` from its driver.',
  evaluate: ({ devices }) => {
    if (devices === null) return doesNotApply('the host shows no PCI bus');
    const able = devices.filter(hasSriov);
    if (able.length > 0)
      return holds(`SR-IOV: ${listSome(able.map(({ address }) => shortAddress(address)))}`);
    const unknown = devices.flatMap(({ config, sriov }) =>
      [sriov, config, knownValue(config)?.sriov ?? null].filter(isUnknown),
    )[0];
    if (unknown !== undefined) return notTold('whether a card makes virtual functions', unknown);
    return violated('no card makes virtual functions', {
      remedy:
        'switch on SR-IOV in the setup of the firmware, where it has such a switch, and in that of the card',
    });
  },
};
