import { isUnknown } from '../../../base/known.ts';
import { listSome } from '../../safety/safety-rule.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const machineFiles: MachineRule = {
  id: 'machine-files',
  title: 'its files exist',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    'The QEMU program, firmware, option ROMs and disk images that its definition names by a path exist.',
  evaluate: ({ files }) => {
    const missing = [...files].filter(([, isThere]) => isThere === false).map(([path]) => path);
    if (missing.length > 0) {
      return violated(`lacks ${listSome(missing)}`, {
        evidence: missing,
        remedy: 'create the file, or remove it from the definition: virsh edit',
      });
    }
    const unknown = [...files.values()].find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('its files', unknown);
    return files.size === 0 ? doesNotApply('names no file') : holds('its files exist');
  },
};
