import { isUnknown } from '../../../base/known.ts';
import { listSome } from '../../safety/safety-rule.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

/** The files that it starts with are there. */
export const machineFiles: MachineRule = {
  id: 'machine-files',
  title: 'the files that it starts with are there',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    'The program of QEMU, firmware, option ROMs and images of disks that its definition names by a path are there.',
  evaluate: ({ files }) => {
    const missing = [...files].filter(([, isThere]) => isThere === false).map(([path]) => path);
    if (missing.length > 0) {
      return violated(`lacks ${listSome(missing)}`, {
        evidence: missing,
        remedy: 'put the file there, or take it out of the definition: virsh edit',
      });
    }
    const unknown = [...files.values()].find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('whether its files are there', unknown);
    return files.size === 0 ? doesNotApply('names no file') : holds('its files are there');
  },
};
