import { isUnknown } from '../../../../base/known.ts';
import { canReadWrite } from '../../node-access.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** Machines may use KVM. */
export const kvmAccessible: HostRule = {
  id: 'kvm-accessible',
  title: 'machines may use KVM',
  grade: 'fail',
  purposes: ['machines', 'nested'],
  meaning:
    'The user as whom libvirt runs QEMU may read and write `/dev/kvm`, by its mode, owner and group. That user is the one that `/etc/libvirt/qemu.conf` names, `libvirt-qemu` (Debian) or `qemu`.',
  virtHostValidate: "device '/dev/kvm' is accessible",
  whyOther: 'it asks for whoever runs it, and machines of the system run as a user of their own',
  evaluate: ({ facts: { nodes, qemu } }) => {
    const { kvm } = nodes;
    const { user } = qemu;
    if (isUnknown(kvm)) return unknownVerdict('who may use /dev/kvm', kvm);
    if (kvm === null) return doesNotApply('there is no /dev/kvm');
    if (isUnknown(user)) return unknownVerdict('as whom libvirt runs QEMU', user);
    if (user === null) return doesNotApply('there is no user that libvirt runs QEMU as');
    if (canReadWrite(user, kvm)) return holds(`${user.name} may use /dev/kvm`);
    return violated(`${user.name}, as whom libvirt runs QEMU, may not use /dev/kvm`, {
      evidence: [`/dev/kvm: mode ${kvm.mode.toString(8)}, user ${kvm.userId}, group ${kvm.groupId}`],
      remedy: `usermod -a -G kvm ${user.name}; for the node itself: udevadm trigger /dev/kvm`,
    });
  },
};
