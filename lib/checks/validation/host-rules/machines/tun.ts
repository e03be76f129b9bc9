import { nodeRule } from './node-rule.ts';

export const tun = nodeRule({
  id: 'tun',
  title: 'VMs can use networks of the host',
  grade: 'fail',
  meaning:
    '`/dev/net/tun` exists. With it, QEMU creates the interface of a VM on a bridge of the host (module `tun`).',
  node: 'tun',
  module: 'tun',
  without: 'VMs cannot use networks of the host',
});
