import { nodeRule } from './node-rule.ts';

export const vhostNet = nodeRule({
  id: 'vhost-net',
  title: 'the kernel transfers packets of virtio network cards',
  grade: 'warn',
  meaning:
    '`/dev/vhost-net` exists. With the module `vhost_net`, packets of virtio network cards go from kernel to guest without QEMU.',
  node: 'vhostNet',
  module: 'vhost_net',
  without: 'virtio network cards are slower than they could be',
});
