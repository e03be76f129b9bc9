import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const hardwareVirtualization: HostRule = {
  id: 'hardware-virtualization',
  title: 'the processor supports virtualization',
  grade: 'fail',
  purposes: ['machines', 'nested'],
  meaning:
    'The flags of the processor in `/proc/cpuinfo` contain VT-x (`vmx`) or AMD-V (`svm`). Without either, QEMU must emulate the processor, which is many times slower.',
  virtHostValidate: 'hardware virtualization',
  evaluate: ({ facts: { cpu } }) => {
    const { flags } = cpu;
    if (isUnknown(flags)) return unknownVerdict('virtualization flags of the processor', flags);
    if (flags === null) return doesNotApply('this kind of processor has no such flag');
    const flag = ['vmx', 'svm'].find((name) => flags.has(name));
    if (flag !== undefined) return holds(`the processor has ${flag}`);
    const isGuest = flags.has('hypervisor');
    return violated('the processor has neither vmx nor svm: VMs can only be emulated', {
      evidence: ['/proc/cpuinfo: flags', ...(isGuest ? ['this host is itself a VM'] : [])],
      remedy: isGuest
        ? 'enable nested virtualization on the host of this VM'
        : 'enable VT-x (Intel) or SVM mode (AMD) in the firmware setup',
    });
  },
};
