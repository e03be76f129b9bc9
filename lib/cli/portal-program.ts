import { VERSION } from '../base/version.ts';
import { completionCommand } from './completion/completion-command.ts';
import { PORTAL_COMMANDS } from './portal-commands.ts';
import { type Program, programOf } from './program.ts';

/** The program `portal`. */
export const PORTAL_PROGRAM: Program = programOf({
  name: 'portal',
  summary: "The virtual machines that a host's hardware goes to.",
  version: VERSION,
  sections: [
    { title: 'VMs', commands: PORTAL_COMMANDS },
    { title: 'Help', commands: [completionCommand('portal')] },
  ],
});
