import { knownValue } from '../../../base/known.ts';
import { count } from '../../../base/text.ts';
import { whyNoVfs } from '../../../pci/sriov/why-no-vfs.ts';
import { hasSriov, NO_VFS_REMEDY, vfsOfDriver } from '../sriov-ability.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const deviceVfs: DeviceRule = {
  id: 'device-vfs',
  title: 'it can create VFs',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'If it has the SR-IOV capability, it is on a driver that supports SR-IOV (`sriov_totalvfs`). On vfio-pci, or without a driver, it creates no VFs.',
  evaluate: (device) => {
    if (knownValue(device.sriov)?.role === 'vf') return doesNotApply('is itself a VF');
    const why = hasSriov(device) ? whyNoVfs(device.driver) : null;
    if (why !== null) {
      return violated(why, {
        evidence: [`driver: ${knownValue(device.driver) ?? 'none'}`],
        remedy: NO_VFS_REMEDY,
      });
    }
    const most = vfsOfDriver(device);
    if (most !== undefined && most > 0) return holds(`can create up to ${count(most, 'VF')}`);
    if (!hasSriov(device)) return doesNotApply('is not known to have SR-IOV');
    return violated('has SR-IOV, but its driver creates no VFs', {
      evidence: [`driver: ${knownValue(device.driver) ?? 'none'}`],
      remedy: NO_VFS_REMEDY,
    });
  },
};
