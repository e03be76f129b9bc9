import { VERSION } from '../../base/version.ts';
import { type Program, programOf } from '../grammar/program.ts';
import { BOOT_COMMANDS } from './boot/boot-commands.ts';
import { completionCommand } from './completion-command.ts';
import { PORTAL_CONSOLE_COMMANDS } from './portal/console-commands.ts';
import { PORTAL_PLUMBING_COMMANDS } from './portal/event-commands.ts';
import { PORTAL_GUEST_COMMANDS } from './portal/guest-commands.ts';
import { PORTAL_COMMANDS } from './portal-commands.ts';
import { LIFE_COMMANDS } from './project/life-commands.ts';
import { PROJECT_COMMANDS } from './project/project-commands.ts';

/** The program `portal`. */
export const PORTAL_PROGRAM: Program = programOf({
  name: 'portal',
  summary: 'Manage the VMs that get the hardware of a host.',
  version: VERSION,
  sign: 'Reading the VMs …',
  sections: [
    { title: 'Machines', commands: [...LIFE_COMMANDS, ...PORTAL_GUEST_COMMANDS, ...PORTAL_CONSOLE_COMMANDS] },
    { title: 'Folders of machines', commands: PROJECT_COMMANDS },
    { title: 'VMs', commands: PORTAL_COMMANDS },
    { title: 'Kernels and images', commands: BOOT_COMMANDS },
    { title: 'Called by other programs', commands: PORTAL_PLUMBING_COMMANDS },
    { title: 'Help', commands: [completionCommand('portal')] },
  ],
});
