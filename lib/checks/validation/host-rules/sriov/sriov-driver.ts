import { knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { whyNoVfs } from '../../../../pci/sriov/why-no-vfs.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { hasSriov, NO_VFS_REMEDY, vfsOfDriver } from '../../sriov-ability.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, violated } from '../../verdict.ts';

export const sriovDriver: HostRule = {
  id: 'sriov-driver',
  title: 'kernel and drivers can create VFs',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'Each card with SR-IOV has `sriov_totalvfs` above 0: the kernel is built with `CONFIG_PCI_IOV`, and the driver of the card supports SR-IOV. On vfio-pci, or without a driver, a card creates no VFs.',
  evaluate: ({ devices, facts }) => {
    const able = (devices ?? []).filter(hasSriov);
    if (able.length === 0) return doesNotApply('no card is known to have SR-IOV');
    const unable = able.filter((device) => vfsOfDriver(device) === 0 || whyNoVfs(device.driver) !== null);
    const isWrong = unable.length === able.length || unable.some((device) => vfsOfDriver(device) === 0);
    if (unable.length === 0) return holds('kernel and drivers can create VFs');
    const isKernel = knownValue(facts.kernel.options)?.get('PCI_IOV') === undefined;
    return violated(
      `${listSome(unable.map(({ address }) => shortAddress(address)))} cannot create VFs, although the card supports SR-IOV`,
      {
        evidence: unable.map(
          ({ address, driver }) => `${shortAddress(address)}: driver ${knownValue(driver) ?? 'none'}`,
        ),
        remedy:
          isKernel && facts.kernel.options !== null && knownValue(facts.kernel.options) !== undefined
            ? 'run a kernel with CONFIG_PCI_IOV'
            : NO_VFS_REMEDY,
        // A PF that is passed through as a whole does not affect the others.
        ...(isWrong ? {} : { grade: 'note' as const }),
      },
    );
  },
};
