import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const EXECUTABLE = 0o111;

/** libvirt's hooks can run. */
export const hooks: HostRule = {
  id: 'hooks',
  title: 'hooks of libvirt can run',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'There is `/etc/libvirt/hooks`, where `pci assign` puts what libvirt asks before it starts a machine; and `/etc/libvirt/hooks/qemu`, if it is there, is a program: libvirt passes over one that can not be executed.',
  evaluate: ({
    facts: {
      hooks: { folder, program },
      qemu,
    },
  }) => {
    if (isUnknown(folder)) return unknownVerdict('which hooks libvirt has', folder);
    if (folder === null && qemu.settings === null) return doesNotApply('libvirt has no settings here');
    if (folder === null) {
      return violated('there is no /etc/libvirt/hooks', {
        remedy: 'mkdir /etc/libvirt/hooks; libvirt looks for it when it starts',
        grade: 'note',
      });
    }
    if (isUnknown(program)) return unknownVerdict('whether the hook of QEMU is a program', program);
    if (program === null || (program.mode & EXECUTABLE) !== 0) return holds('hooks can run');
    return violated('/etc/libvirt/hooks/qemu can not be executed: libvirt passes over it', {
      evidence: [`mode ${program.mode.toString(8)}`],
      remedy: 'chmod 755 /etc/libvirt/hooks/qemu, or remove it',
    });
  },
};
