import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const machineSaved: MachineRule = {
  id: 'machine-saved',
  title: 'it starts with the devices of its definition',
  grade: 'warn',
  purposes: ['machines'],
  meaning:
    'It has no saved state (`virsh managedsave`). If it has, the next start restores it with the devices of that time, and ignores changes of its definition.',
  evaluate: ({ hasManagedSave, isRunning }) => {
    if (isRunning) return doesNotApply('runs');
    if (!hasManagedSave) return holds('has no saved state');
    return violated('has a saved state: its next start restores the devices of that time', {
      remedy: 'start it once and shut it down, or discard the state: virsh managedsave-remove',
    });
  },
};
