import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** Folders can be shared by 9p. */
export const folders9p: HostRule = {
  id: 'folders-9p',
  title: 'folders can be shared with machines by 9p',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    "The host's QEMU is built for 9p: `path` is among the drivers for `filesystem` in what libvirt says of machines (`virsh domcapabilities`). The QEMU of Red Hat's distributions is not; there virtiofs has to do.",
  evaluate: ({ folderDrivers, facts }) => {
    if (isUnknown(folderDrivers)) return unknownVerdict('how QEMU shares folders', folderDrivers);
    if (folderDrivers === null) return doesNotApply('a libvirt so old does not tell');
    if (folderDrivers.includes('path')) return holds('QEMU shares folders by 9p');
    return violated('QEMU is built without 9p', {
      remedy: `share folders by virtiofs: ${installRemedy('virtiofsd', facts.distribution)}`,
    });
  },
};
