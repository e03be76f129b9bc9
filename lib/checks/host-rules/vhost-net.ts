import { isUnknown } from '../../base/known.ts';
import { fixRemedy } from '../remedies.ts';
import type { HostRule } from '../validation-rule.ts';
import { holds, notTold, violated } from '../verdict.ts';

const FIX = { kind: 'load-module', module: 'vhost_net' } as const;

/** The kernel moves the packets of virtio network cards. */
export const vhostNet: HostRule = {
  id: 'vhost-net',
  title: 'the kernel moves packets of virtio network cards',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'There is `/dev/vhost-net`: with the module `vhost_net` packets of virtio network cards go from kernel to guest, and not by way of QEMU.',
  virtHostValidate: "device '/dev/vhost-net' exists",
  evaluate: ({ facts }) => {
    const node = facts.nodes.vhostNet;
    if (isUnknown(node)) return notTold('whether there is /dev/vhost-net', node);
    if (node !== null) return holds('there is /dev/vhost-net');
    return violated('there is no /dev/vhost-net: virtio network cards are slower than they could be', {
      remedy: fixRemedy(FIX, facts.distribution),
      fix: FIX,
    });
  },
};
