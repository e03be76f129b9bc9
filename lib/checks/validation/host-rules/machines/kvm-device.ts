import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { HostFacts } from '../../../../facts/host-facts.ts';
import { loadingOf } from '../../loading.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, type Violation, violated } from '../../verdict.ts';

export const kvmDevice: HostRule = {
  id: 'kvm-device',
  title: 'the kernel provides KVM',
  grade: 'fail',
  purposes: ['machines', 'nested'],
  meaning: '`/dev/kvm` exists: the module `kvm_intel` or `kvm_amd` is loaded, and the processor supports it.',
  virtHostValidate: "device '/dev/kvm' exists",
  evaluate: (host) => {
    const { kvm } = host.facts.nodes;
    if (isUnknown(kvm)) return unknownVerdict('/dev/kvm', kvm);
    if (kvm?.isDevice) return holds('there is /dev/kvm');
    return violated(kvm === null ? 'there is no /dev/kvm' : '/dev/kvm is not a device', wayOut(host.facts));
  },
};

function wayOut(facts: HostFacts): Pick<Violation, 'remedy' | 'fix'> {
  const flags = knownValue(facts.cpu.flags);
  const module = flags?.has('vmx') ? 'kvm_intel' : flags?.has('svm') ? 'kvm_amd' : null;
  return module === null || knownValue(facts.modules[module].isLoaded) !== false
    ? { remedy: 'see hardware-virtualization: the KVM module for this processor creates it' }
    : loadingOf(module, facts);
}
