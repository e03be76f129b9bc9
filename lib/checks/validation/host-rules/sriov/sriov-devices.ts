import { isUnknown, knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { hasSriov } from '../../sriov-ability.ts';
import type { ValidatedDevice } from '../../validation-fields.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** A card makes virtual functions. */
export const sriovDevices: HostRule = {
  id: 'sriov-devices',
  title: 'a card can make virtual functions',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'A device has the capability of SR-IOV in its configuration space, of which root alone can read that part, or `sriov_totalvfs` from its driver.',
  evaluate: ({ devices, asked, facts: { iommu } }) => {
    if (devices === null) return doesNotApply('the host shows no PCI bus');
    const able = devices.filter(hasSriov);
    if (able.length > 0)
      return holds(`SR-IOV: ${listSome(able.map(({ address }) => shortAddress(address)))}`);
    const unknown = (asked ?? devices).flatMap(({ config, sriov }) =>
      [sriov, config, knownValue(config)?.sriov ?? null].filter(isUnknown),
    )[0];
    if (unknown !== undefined) return unknownVerdict('whether a card makes virtual functions', unknown);
    const vfs = devices.filter(isVf).map(({ address }) => shortAddress(address));
    const isGuest = knownValue(iommu.hypervisor)?.isHost === false;
    return violated(
      vfs.length > 0
        ? `no card makes virtual functions: ${listSome(vfs)} are such ones, of a card that this host does not see`
        : 'no card makes virtual functions',
      {
        remedy:
          isGuest || vfs.length > 0
            ? 'make virtual functions on the host that has the card, and give them to this one'
            : 'switch on SR-IOV in the setup of the firmware, where it has such a switch, and in that of the card',
      },
    );
  },
};

/** Drivers of virtual functions alone: a hypervisor gives these without their PF, and without a link to it. */
const VF_DRIVERS: ReadonlySet<string> = new Set([
  'igbvf',
  'ixgbevf',
  'iavf',
  'i40evf',
  'mana',
  'cxgb4vf',
  'nicvf',
  'thunder-nicvf',
  'rvu_nicvf',
]);

function isVf({ sriov, driver }: ValidatedDevice): boolean {
  return knownValue(sriov)?.role === 'vf' || VF_DRIVERS.has(knownValue(driver) ?? '');
}
