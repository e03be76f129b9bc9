import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const EXECUTABLE = 0o111;

export const hooks: HostRule = {
  id: 'hooks',
  title: 'libvirt hooks can run',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    '`/etc/libvirt/hooks` exists, in which `pci assign` installs the hook that libvirt runs before it starts a VM. If `/etc/libvirt/hooks/qemu` exists, it is executable: libvirt skips a hook that cannot be executed.',
  evaluate: ({
    facts: {
      hooks: { folder, program },
      qemu,
    },
  }) => {
    if (isUnknown(folder)) return unknownVerdict('libvirt hooks', folder);
    if (folder === null && qemu.settings === null) return doesNotApply('libvirt has no configuration here');
    if (folder === null) {
      return violated('there is no /etc/libvirt/hooks', {
        remedy: 'mkdir /etc/libvirt/hooks; libvirt looks for it when it starts',
        grade: 'note',
      });
    }
    if (isUnknown(program)) return unknownVerdict('the mode of the qemu hook', program);
    if (program === null || (program.mode & EXECUTABLE) !== 0) return holds('hooks can run');
    return violated('/etc/libvirt/hooks/qemu is not executable: libvirt skips it', {
      evidence: [`mode ${program.mode.toString(8)}`],
      remedy: 'chmod 755 /etc/libvirt/hooks/qemu, or remove it',
    });
  },
};
