import { VERSION } from '../../base/version.ts';
import { type Program, programOf } from '../grammar/program.ts';
import { ASSIGNMENT_COMMANDS, PLUMBING_COMMANDS } from './assignment-commands.ts';
import { BINDING_COMMANDS } from './binding-commands.ts';
import { completionCommand } from './completion-command.ts';
import { INVENTORY_COMMANDS } from './inventory-commands.ts';
import { LIBVIRT_COMMANDS } from './libvirt-commands.ts';
import { RECOVERY_COMMANDS } from './recovery-commands.ts';
import { ROM_COMMANDS } from './rom-commands.ts';
import { SRIOV_COMMANDS } from './sriov-commands.ts';
import { VALIDATION_COMMANDS } from './validation-commands.ts';

/** The program `pci`. */
export const PCI_PROGRAM: Program = programOf({
  name: 'pci',
  summary: 'Manage PCI devices of a Linux host, and pass them through to VMs.',
  version: VERSION,
  sign: 'Reading the host …',
  sections: [
    { title: 'Inspect a host', commands: INVENTORY_COMMANDS },
    { title: 'Check and fix a host', commands: VALIDATION_COMMANDS },
    { title: 'Drivers', commands: BINDING_COMMANDS },
    { title: 'Virtual functions (SR-IOV)', commands: SRIOV_COMMANDS },
    { title: 'Option ROMs', commands: ROM_COMMANDS },
    { title: 'VMs', commands: [...LIBVIRT_COMMANDS, ...ASSIGNMENT_COMMANDS] },
    { title: 'Changes that were interrupted or await confirmation', commands: RECOVERY_COMMANDS },
    { title: 'Called by other programs', commands: PLUMBING_COMMANDS },
    { title: 'Help', commands: [completionCommand('pci')] },
  ],
});
