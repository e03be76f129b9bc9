import { VERSION } from '../base/version.ts';
import { PCI_COMMANDS } from './pci-commands.ts';
import type { Program } from './program.ts';

/** The program `pci`. */
export const PCI_PROGRAM: Program = {
  name: 'pci',
  summary: "A Linux host's PCI hardware, and all that giving it to virtual machines depends on.",
  version: VERSION,
  commands: PCI_COMMANDS,
};
