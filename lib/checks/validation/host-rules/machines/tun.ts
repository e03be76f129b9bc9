import { nodeRule } from './node-rule.ts';

/** Machines can have network interfaces of the host. */
export const tun = nodeRule({
  id: 'tun',
  title: 'machines can be on networks of the host',
  grade: 'fail',
  meaning:
    'There is `/dev/net/tun`, by which QEMU makes the interface that stands for a machine on a bridge of the host (module `tun`).',
  node: 'tun',
  module: 'tun',
  without: 'machines can be on no network of the host',
});
