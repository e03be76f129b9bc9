import { knownValue } from '../../../base/known.ts';
import { count } from '../../../base/text.ts';
import { whyNoVfs } from '../../../pci/sriov/why-no-vfs.ts';
import { hasSriov, NO_VFS_REMEDY, vfsOfDriver } from '../sriov-ability.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

/** It makes virtual functions. */
export const deviceVfs: DeviceRule = {
  id: 'device-vfs',
  title: 'it can make virtual functions',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'It is on a driver that makes virtual functions (`sriov_totalvfs`), where it has the capability of SR-IOV. On vfio-pci, or without a driver, it makes none.',
  evaluate: (device) => {
    if (knownValue(device.sriov)?.role === 'vf') return doesNotApply('is a virtual function itself');
    const why = hasSriov(device) ? whyNoVfs(device.driver) : null;
    if (why !== null) {
      return violated(why, {
        evidence: [`driver: ${knownValue(device.driver) ?? 'none'}`],
        remedy: NO_VFS_REMEDY,
      });
    }
    const most = vfsOfDriver(device);
    if (most !== undefined && most > 0) return holds(`makes up to ${count(most, 'virtual function')}`);
    if (!hasSriov(device)) return doesNotApply('is not known to have SR-IOV');
    return violated('has SR-IOV, and its driver makes no virtual functions', {
      evidence: [`driver: ${knownValue(device.driver) ?? 'none'}`],
      remedy: NO_VFS_REMEDY,
    });
  },
};
