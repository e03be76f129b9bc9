import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

/** Its next start is by its definition. */
export const machineSaved: MachineRule = {
  id: 'machine-saved',
  title: 'it starts with the devices of its definition',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'It has no saved state (`virsh managedsave`): the next start restores one with the devices that the machine had then, whatever its definition says by now.',
  evaluate: ({ hasManagedSave, isRunning }) => {
    if (isRunning) return doesNotApply('runs');
    if (!hasManagedSave) return holds('has no saved state');
    return violated('has a saved state: its next start restores the devices that it had then', {
      remedy: 'start it once and shut it down, or discard the state: virsh managedsave-remove',
    });
  },
};
