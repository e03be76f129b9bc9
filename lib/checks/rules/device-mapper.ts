import { shellCommand } from '../../base/shell-command.ts';
import { blockTitle } from '../storage-view.ts';
import { stackRule } from './stack-rule.ts';

/** Another mapped device is made of it. */
export const deviceMapper = stackRule(
  {
    name: 'device-mapper',
    title: 'another mapped device is made of it',
    meaning:
      'A device of the device mapper is made of a disk of it that is none of LVM or dm-crypt: multipath, dmraid, a snapshot.',
    remedy: 'remove it: multipath -f NAME, or dmsetup remove NAME',
  },
  {
    kinds: ['multipath', 'device-mapper'],
    whole: 'a mapped device',
    advice: 'remove it',
    command: (block) =>
      block.kind === 'multipath'
        ? shellCommand('multipath', '-f', blockTitle(block))
        : shellCommand('dmsetup', 'remove', blockTitle(block)),
  },
);
