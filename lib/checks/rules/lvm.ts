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
  ['lvm'],
  'active LVM volumes',
);
