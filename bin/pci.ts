#!/usr/bin/env node
import { runProgram } from '../lib/cli/main.ts';
import { PCI_PROGRAM } from '../lib/cli/tables/pci-program.ts';

void runProgram(PCI_PROGRAM, process);
