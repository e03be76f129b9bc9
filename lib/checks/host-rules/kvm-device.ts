import { isUnknown, knownValue } from '../../base/known.ts';
import type { Fix } from '../fix.ts';
import { fixRemedy } from '../remedies.ts';
import type { ValidatedHost } from '../validated-host.ts';
import type { HostRule } from '../validation-rule.ts';
import { holds, notTold, violated } from '../verdict.ts';

/** The kernel offers KVM. */
export const kvmDevice: HostRule = {
  id: 'kvm-device',
  title: 'the kernel offers KVM',
  grade: 'fail',
  purposes: ['machines', 'nested'],
  meaning: 'There is `/dev/kvm`: the module `kvm_intel` or `kvm_amd` is loaded, and the processor lets it.',
  virtHostValidate: "device '/dev/kvm' exists",
  evaluate: (host) => {
    const { kvm } = host.facts.nodes;
    if (isUnknown(kvm)) return notTold('whether there is /dev/kvm', kvm);
    if (kvm?.isDevice) return holds('there is /dev/kvm');
    const fix = moduleFix(host);
    return violated(kvm === null ? 'there is no /dev/kvm' : '/dev/kvm is no device', {
      remedy:
        fix === null
          ? 'see hardware-virtualization: the module of KVM for this processor makes it'
          : fixRemedy(fix, host.facts.distribution),
      ...(fix === null ? {} : { fix }),
    });
  },
};

function moduleFix({ facts: { cpu, modules } }: ValidatedHost): Fix | null {
  const flags = knownValue(cpu.flags);
  const module = flags?.has('vmx') ? 'kvm_intel' : flags?.has('svm') ? 'kvm_amd' : null;
  if (module === null || knownValue(modules[module].isLoaded) !== false) return null;
  return { kind: 'load-module', module };
}
