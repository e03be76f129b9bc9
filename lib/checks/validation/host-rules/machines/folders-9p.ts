import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const folders9p: HostRule = {
  id: 'folders-9p',
  title: 'directories can be shared with VMs by 9p',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'The QEMU of the host supports 9p: `path` is a driver of `filesystem` in the capabilities of libvirt (`virsh domcapabilities`). The QEMU of Red Hat distributions does not support it; use virtiofs there.',
  evaluate: ({ folderDrivers, facts }) => {
    if (isUnknown(folderDrivers)) return unknownVerdict('directory sharing of QEMU', folderDrivers);
    if (folderDrivers === null) return doesNotApply('this libvirt is too old to report it');
    if (folderDrivers.includes('path')) return holds('QEMU shares directories by 9p');
    return violated('QEMU is built without 9p', {
      remedy: `share directories by virtiofs: ${installRemedy('virtiofsd', facts.distribution)}`,
    });
  },
};
