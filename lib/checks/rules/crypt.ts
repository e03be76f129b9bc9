import { shellCommand } from '../../base/shell-command.ts';
import { blockTitle } from '../storage-view.ts';
import { stackRule } from './stack-rule.ts';

/** An encrypted device on it is unlocked. */
export const crypt = stackRule(
  {
    name: 'crypt',
    title: 'an encrypted device on it is unlocked',
    meaning: 'A dm-crypt device, such as one of LUKS, is open that is made of a disk of it.',
    remedy: 'close it: cryptsetup close NAME',
  },
  {
    kinds: ['crypt'],
    whole: 'an unlocked encrypted device',
    advice: 'close it',
    command: (block) => shellCommand('cryptsetup', 'close', blockTitle(block)),
  },
);
