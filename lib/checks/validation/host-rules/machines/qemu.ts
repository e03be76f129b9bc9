import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const qemu: HostRule = {
  id: 'qemu',
  title: 'QEMU is installed',
  grade: 'fail',
  purposes: ['machines', 'nested'],
  meaning: 'There is a QEMU program: `/usr/bin/qemu-system-x86_64`, `/usr/libexec/qemu-kvm` or similar.',
  evaluate: ({
    facts: {
      qemu: { programs },
      distribution,
    },
  }) => {
    if (isUnknown(programs)) return unknownVerdict('the QEMU program', programs);
    const [program] = programs ?? [];
    if (program !== undefined) return holds(`there is ${program}`);
    return violated('QEMU is not installed', { remedy: installRemedy('qemu', distribution) });
  },
};
