#!/usr/bin/env node
import { runProgram } from '../lib/cli/main.ts';
import { PCI_PROGRAM } from '../lib/cli/tables/pci-program.ts';
import { THIS_PROCESS } from '../lib/cli/terminal/this-process.ts';

/** Settles when the program is done. */
export const done = runProgram(PCI_PROGRAM, THIS_PROCESS);
