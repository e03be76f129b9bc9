import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const secureGuest: HostRule = {
  id: 'secure-guest',
  title: 'VMs can be encrypted against the host',
  grade: 'note',
  purposes: ['machines'],
  meaning:
    'The processor has SEV (`sev` in `/proc/cpuinfo`), and KVM uses it (`/sys/module/kvm_amd/parameters/sev`). Few VMs need it, and an encrypted VM cannot have a passthrough device.',
  virtHostValidate: 'secure guest support',
  evaluate: ({ facts: { cpu, parameters } }) => {
    if (isUnknown(cpu.flags)) return unknownVerdict('memory encryption of the processor', cpu.flags);
    const remedy = 'none, unless VMs must be encrypted: that requires a processor with SEV';
    if (!cpu.flags?.has('sev')) return violated('the processor cannot encrypt VMs (no sev)', { remedy });
    const parameter = parameters['kvm_amd.sev'];
    if (isUnknown(parameter)) return unknownVerdict('SEV in KVM', parameter);
    if (parameter === 'Y' || parameter === '1') return holds('the processor has SEV, and KVM uses it');
    return violated('the processor has SEV, but KVM does not use it', {
      evidence: [`kvm_amd.sev: ${parameter ?? 'the module is not loaded'}`],
      remedy: 'enable SEV in the firmware setup, and load kvm_amd with sev=1',
    });
  },
};
