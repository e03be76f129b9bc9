import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** Machines are kept from files of the host. */
export const securityDriver: HostRule = {
  id: 'security-driver',
  title: 'machines are confined',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'AppArmor or SELinux is at work, and `security_driver` in `/etc/libvirt/qemu.conf` does not say `none`: libvirt then gives each machine a profile, which keeps a QEMU that was taken over from what is not its own.',
  evaluate: ({
    facts: {
      confinement,
      qemu: { settings },
    },
  }) => {
    if (isUnknown(confinement)) return unknownVerdict('whether AppArmor or SELinux is at work', confinement);
    if (isUnknown(settings)) return unknownVerdict('what /etc/libvirt/qemu.conf says', settings);
    if (settings === null) return doesNotApply('libvirt has no settings here');
    if (settings.securityDriver === 'none') {
      return violated('libvirt is told to confine no machine', {
        evidence: ['/etc/libvirt/qemu.conf: security_driver = "none"'],
        remedy: 'take security_driver out of /etc/libvirt/qemu.conf, and restart libvirt',
      });
    }
    const [name] = knownValue(confinement) ?? [];
    if (name !== undefined) return holds(`${name} confines machines`);
    return violated('neither AppArmor nor SELinux is at work: nothing confines machines', {
      remedy:
        'take apparmor=0 or selinux=0 off the kernel command line; on Debian, apt install apparmor, and restart',
    });
  },
};
