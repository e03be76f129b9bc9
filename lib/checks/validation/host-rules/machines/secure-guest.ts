import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** Machines can be encrypted. */
export const secureGuest: HostRule = {
  id: 'secure-guest',
  title: 'machines can be encrypted against the host',
  grade: 'note',
  purposes: ['machines'],
  meaning:
    'The processor has SEV (`sev` in `/proc/cpuinfo`), and KVM uses it (`/sys/module/kvm_amd/parameters/sev`). Few need it, and a machine that is encrypted can be given no device.',
  virtHostValidate: 'secure guest support',
  evaluate: ({ facts: { cpu, parameters } }) => {
    if (isUnknown(cpu.flags)) return unknownVerdict('whether the processor can encrypt machines', cpu.flags);
    const remedy = 'nothing, unless machines are to be encrypted: that takes a processor with SEV';
    if (!cpu.flags?.has('sev'))
      return violated('the processor can not encrypt machines (no sev)', { remedy });
    const parameter = parameters['kvm_amd.sev'];
    if (isUnknown(parameter)) return unknownVerdict('whether KVM uses SEV', parameter);
    if (parameter === 'Y' || parameter === '1') return holds('the processor has SEV, and KVM uses it');
    return violated('the processor has SEV, and KVM does not use it', {
      evidence: [`kvm_amd.sev: ${parameter ?? 'the module is not loaded'}`],
      remedy: 'switch on SEV in the setup of the firmware, and load kvm_amd with sev=1',
    });
  },
};
