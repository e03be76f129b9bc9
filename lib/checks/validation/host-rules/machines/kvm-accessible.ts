import { isUnknown } from '../../../../base/known.ts';
import { canReadWrite } from '../../node-access.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const kvmAccessible: HostRule = {
  id: 'kvm-accessible',
  title: 'VMs can use KVM',
  grade: 'fail',
  purposes: ['machines', 'nested'],
  meaning:
    'The user that runs QEMU for libvirt can read and write `/dev/kvm`, by its mode, owner and group. `/etc/libvirt/qemu.conf` names that user; the default is `libvirt-qemu` (Debian) or `qemu`.',
  virtHostValidate: "device '/dev/kvm' is accessible",
  whyOther: 'it checks the user that runs it, but system VMs run as another user',
  evaluate: ({ facts: { nodes, qemu } }) => {
    const { kvm } = nodes;
    const { user } = qemu;
    if (isUnknown(kvm)) return unknownVerdict('access to /dev/kvm', kvm);
    if (kvm === null) return doesNotApply('there is no /dev/kvm');
    if (isUnknown(user)) return unknownVerdict('the user that runs QEMU', user);
    if (user === null) return doesNotApply('the user that runs QEMU does not exist');
    if (canReadWrite(user, kvm)) return holds(`user ${user.name} (runs QEMU) can open /dev/kvm`);
    return violated(`user ${user.name} (runs QEMU) cannot open /dev/kvm`, {
      evidence: [`/dev/kvm: mode ${kvm.mode.toString(8)}, user ${kvm.userId}, group ${kvm.groupId}`],
      remedy: `usermod -a -G kvm ${user.name}; to fix the node: udevadm trigger /dev/kvm`,
    });
  },
};
