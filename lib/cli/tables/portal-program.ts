import { VERSION } from '../../base/version.ts';
import { type Program, programOf } from '../grammar/program.ts';
import { completionCommand } from './completion-command.ts';
import { PORTAL_COMMANDS } from './portal-commands.ts';

/** The program `portal`. */
export const PORTAL_PROGRAM: Program = programOf({
  name: 'portal',
  summary: 'Manage the VMs that get the hardware of a host.',
  version: VERSION,
  sign: 'Reading the VMs …',
  sections: [
    { title: 'VMs', commands: PORTAL_COMMANDS },
    { title: 'Help', commands: [completionCommand('portal')] },
  ],
});
