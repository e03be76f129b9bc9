import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const libvirt: HostRule = {
  id: 'libvirt',
  title: 'libvirt answers',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    'There is a socket of libvirtd or virtqemud in `/run/libvirt`: the daemon runs, or systemd starts it on demand.',
  evaluate: ({
    facts: {
      libvirtSockets,
      qemu: { settings },
      distribution,
    },
  }) => {
    if (isUnknown(libvirtSockets)) return unknownVerdict('the libvirt socket', libvirtSockets);
    const [socket] = libvirtSockets ?? [];
    if (socket !== undefined) return holds(`there is ${socket}`);
    const isInstalled = settings !== null && !(isUnknown(settings) && settings.unknown === 'unread');
    return violated(isInstalled ? 'libvirt does not answer' : 'libvirt is not installed', {
      evidence: ['/run/libvirt: neither libvirt-sock nor virtqemud-sock'],
      remedy: isInstalled
        ? 'systemctl enable --now libvirtd.socket; with modular daemons, virtqemud.socket'
        : installRemedy('libvirt', distribution),
    });
  },
};
