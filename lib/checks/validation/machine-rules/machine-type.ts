import { kvmDevice } from '../host-rules/machines/kvm-device.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, fixOf, holds, violated } from '../verdict.ts';

/** The host has what it runs by. */
export const machineType: MachineRule = {
  id: 'machine-type',
  title: 'the host has what it runs by',
  grade: 'fail',
  purposes: ['machines'],
  meaning: "Its definition is of a type (`<domain type='kvm'>`) that the host offers.",
  evaluate: ({ type }, host) => {
    if (type !== 'kvm') return doesNotApply(`runs by ${type || 'no type'}, which needs no KVM`);
    const kvm = kvmDevice.evaluate(host);
    if (kvm.kind === 'unknown') return kvm;
    if (kvm.kind === 'holds') return holds('there is KVM');
    return violated('runs by KVM, which the host does not offer', {
      evidence: [kvm.message],
      remedy:
        "see kvm-device; or have it emulated: <domain type='qemu'> in its definition, which is many times slower",
      ...fixOf(kvm),
    });
  },
};
