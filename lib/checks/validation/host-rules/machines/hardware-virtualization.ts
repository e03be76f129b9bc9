import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** The processor runs machines by itself. */
export const hardwareVirtualization: HostRule = {
  id: 'hardware-virtualization',
  title: 'the processor can run machines',
  grade: 'fail',
  purposes: ['machines', 'nested'],
  meaning:
    'The processor has VT-x (`vmx`) or AMD-V (`svm`) among the flags in `/proc/cpuinfo`. Without either QEMU has to emulate it, which is many times slower.',
  virtHostValidate: 'hardware virtualization',
  evaluate: ({ facts: { cpu } }) => {
    const { flags } = cpu;
    if (isUnknown(flags)) return unknownVerdict('whether the processor can run machines', flags);
    if (flags === null) return doesNotApply('a processor of this kind has no flag that tells');
    const flag = ['vmx', 'svm'].find((name) => flags.has(name));
    if (flag !== undefined) return holds(`the processor has ${flag}`);
    const isGuest = flags.has('hypervisor');
    return violated('the processor has neither vmx nor svm: machines can only be emulated', {
      evidence: ['/proc/cpuinfo: flags', ...(isGuest ? ['this host is a virtual machine itself'] : [])],
      remedy: isGuest
        ? 'switch on nested virtualization on the host that this machine runs on'
        : 'switch on VT-x (Intel) or SVM mode (AMD) in the setup of the firmware',
    });
  },
};
