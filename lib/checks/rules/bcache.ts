import { quote } from '../../base/shell-command.ts';
import { stackRule } from './stack-rule.ts';

/** A bcache that is at work has a disk of it, as what is cached or as the cache. */
export const bcache = stackRule(
  {
    name: 'bcache',
    title: 'a disk of it is in a running bcache',
    meaning:
      'A disk of it backs a bcache device, or caches one. A cache that writes back holds data that is nowhere else yet.',
    remedy: 'stop it: echo 1 > /sys/block/NAME/bcache/stop',
  },
  {
    kinds: ['bcache'],
    whole: 'a running bcache',
    advice: 'stop it',
    command: ({ name }) => `echo 1 > ${quote(`/sys/block/${name}/bcache/stop`)}`,
  },
);
