import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const virtiofsd: HostRule = {
  id: 'virtiofsd',
  title: 'directories can be shared with VMs by virtiofs',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'The program `virtiofsd` is installed. libvirt lists virtiofs in its capabilities even without it, and the VM then fails to start. Without it, QEMU can share directories by 9p.',
  evaluate: ({ facts }) => {
    const program = facts.virtiofsd;
    if (isUnknown(program)) return unknownVerdict('virtiofsd', program);
    if (program !== null) return holds(`there is ${program}`);
    return violated('virtiofsd is not installed: directories can be shared only by 9p', {
      remedy: installRemedy('virtiofsd', facts.distribution),
    });
  },
};
