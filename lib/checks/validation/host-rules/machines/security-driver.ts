import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const securityDriver: HostRule = {
  id: 'security-driver',
  title: 'VMs are confined',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'AppArmor or SELinux is active, and `security_driver` in `/etc/libvirt/qemu.conf` is not `none`. libvirt then gives each VM a profile, which denies a compromised QEMU access to other resources.',
  evaluate: ({
    facts: {
      confinement,
      qemu: { settings },
    },
  }) => {
    if (isUnknown(confinement)) return unknownVerdict('AppArmor and SELinux', confinement);
    if (isUnknown(settings)) return unknownVerdict('/etc/libvirt/qemu.conf', settings);
    if (settings === null) return doesNotApply('libvirt has no configuration here');
    if (settings.securityDriver === 'none') {
      return violated('libvirt is configured to confine no VM', {
        evidence: ['/etc/libvirt/qemu.conf: security_driver = "none"'],
        remedy: 'remove security_driver from /etc/libvirt/qemu.conf, and restart libvirt',
      });
    }
    const [name] = knownValue(confinement) ?? [];
    if (name !== undefined) return holds(`${name} confines VMs`);
    return violated('neither AppArmor nor SELinux is active: nothing confines VMs', {
      remedy:
        'remove apparmor=0 or selinux=0 from the kernel command line; on Debian, apt install apparmor, and reboot',
    });
  },
};
