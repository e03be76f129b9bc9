import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** Folders can be shared by virtiofs. */
export const virtiofsd: HostRule = {
  id: 'virtiofsd',
  title: 'folders can be shared with machines by virtiofs',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'There is the program `virtiofsd`. libvirt offers virtiofs in its capabilities where it is not, too, and the machine then fails to start; QEMU shares folders by 9p without it.',
  evaluate: ({ facts }) => {
    const program = facts.virtiofsd;
    if (isUnknown(program)) return unknownVerdict('whether virtiofsd is installed', program);
    if (program !== null) return holds(`there is ${program}`);
    return violated('virtiofsd is not installed: folders can be shared by 9p alone', {
      remedy: installRemedy('virtiofsd', facts.distribution),
    });
  },
};
