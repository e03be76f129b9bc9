import { kvmDevice } from '../host-rules/machines/kvm-device.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, fixOf, holds, violated } from '../verdict.ts';

export const machineType: MachineRule = {
  id: 'machine-type',
  title: 'the host supports its domain type',
  grade: 'fail',
  purposes: ['machines'],
  meaning: "The host supports the type of its definition (`<domain type='kvm'>`).",
  evaluate: ({ type }, host) => {
    if (type !== 'kvm') return doesNotApply(`uses ${type || 'no type'}, which needs no KVM`);
    const kvm = kvmDevice.evaluate(host);
    if (kvm.kind === 'unknown') return kvm;
    if (kvm.kind === 'holds') return holds('there is KVM');
    return violated('uses KVM, which the host does not provide', {
      evidence: [kvm.message],
      remedy:
        "see kvm-device; or emulate it: <domain type='qemu'> in its definition, which is many times slower",
      ...fixOf(kvm),
    });
  },
};
