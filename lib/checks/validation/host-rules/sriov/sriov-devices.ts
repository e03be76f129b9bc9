import { isUnknown, knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { hasSriov } from '../../sriov-ability.ts';
import type { ValidatedDevice } from '../../validation-fields.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const sriovDevices: HostRule = {
  id: 'sriov-devices',
  title: 'a card can create VFs',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'A device has the SR-IOV capability in its configuration space, which only root can read, or `sriov_totalvfs` from its driver.',
  evaluate: ({ devices, asked, facts: { iommu } }) => {
    if (devices === null) return doesNotApply('the host has no PCI bus');
    const able = devices.filter(hasSriov);
    if (able.length > 0)
      return holds(`SR-IOV: ${listSome(able.map(({ address }) => shortAddress(address)))}`);
    const unknown = (asked ?? devices).flatMap(({ config, sriov }) =>
      [sriov, config, knownValue(config)?.sriov ?? null].filter(isUnknown),
    )[0];
    if (unknown !== undefined) return unknownVerdict('SR-IOV capabilities', unknown);
    const vfs = devices.filter(isVf).map(({ address }) => shortAddress(address));
    const isGuest = knownValue(iommu.hypervisor)?.isHost === false;
    return violated(
      vfs.length > 0
        ? `no card can create VFs: ${listSome(vfs)} are VFs of a card that this host does not see`
        : 'no card can create VFs',
      {
        remedy:
          isGuest || vfs.length > 0
            ? 'create VFs on the host that has the card, and pass them to this one'
            : 'enable SR-IOV in the firmware setup and in the firmware of the card, if they have such a setting',
      },
    );
  },
};

/** Drivers only for VFs: a hypervisor passes these through without their PF, and without a link to it. */
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
