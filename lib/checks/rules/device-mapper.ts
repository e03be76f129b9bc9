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
  ['multipath', 'device-mapper'],
  'a mapped device',
);
