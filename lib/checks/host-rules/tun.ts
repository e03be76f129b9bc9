import { isUnknown } from '../../base/known.ts';
import { fixRemedy } from '../remedies.ts';
import type { HostRule } from '../validation-rule.ts';
import { holds, notTold, violated } from '../verdict.ts';

const FIX = { kind: 'load-module', module: 'tun' } as const;

/** Machines can have network interfaces of the host. */
export const tun: HostRule = {
  id: 'tun',
  title: 'machines can be on networks of the host',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    'There is `/dev/net/tun`, by which QEMU makes the interface that stands for a machine on a bridge of the host (module `tun`).',
  virtHostValidate: "device '/dev/net/tun' exists",
  evaluate: ({ facts }) => {
    const node = facts.nodes.tun;
    if (isUnknown(node)) return notTold('whether there is /dev/net/tun', node);
    if (node !== null) return holds('there is /dev/net/tun');
    return violated('there is no /dev/net/tun: machines can be on no network of the host', {
      remedy: fixRemedy(FIX, facts.distribution),
      fix: FIX,
    });
  },
};
