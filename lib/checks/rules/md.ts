import { shellCommand } from '../../base/shell-command.ts';
import { stackRule } from './stack-rule.ts';

/** An md array that runs has a disk of it. */
export const md = stackRule(
  {
    name: 'md',
    title: 'a disk of it is in a running md array',
    meaning:
      'A disk of it is a member of an array that runs. An array with a copy left runs on without it, degraded, and has to be rebuilt; one without stops.',
    remedy: 'stop the array: mdadm --stop /dev/NAME; or take the member out of it',
  },
  {
    kinds: ['md'],
    whole: 'a running md array',
    advice: 'stop the array, or take the member out of it',
    command: ({ name }) => shellCommand('mdadm', '--stop', `/dev/${name}`),
  },
);
