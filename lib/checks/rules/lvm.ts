import { shellCommand } from '../../base/shell-command.ts';
import { blockTitle } from '../storage-view.ts';
import { stackRule } from './stack-rule.ts';

/** LVM volumes that are active are on it. */
export const lvm = stackRule(
  {
    name: 'lvm',
    title: 'active LVM volumes are on it',
    meaning:
      'A disk of it is a physical volume of LVM, and logical volumes of it are active. Where nothing is mounted from them, a program or a virtual machine may still have them.',
    remedy: 'deactivate them: vgchange --activate n GROUP',
  },
  {
    kinds: ['lvm'],
    whole: 'active LVM volumes',
    advice: 'deactivate them',
    command: (block) => shellCommand('lvchange', '--activate', 'n', volumeOf(blockTitle(block))),
  },
);

/** `vg-1/swap` of `vg--1-swap`: one hyphen stands between both names, and two for each in a name. */
function volumeOf(title: string): string {
  return title.replace(/(?<!-)((?:--)*)-(?!-)/, '$1/').replaceAll('--', '-');
}
