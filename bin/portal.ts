#!/usr/bin/env node
import { runProgram } from '../lib/cli/main.ts';
import { PORTAL_PROGRAM } from '../lib/cli/tables/portal-program.ts';
import { THIS_PROCESS } from '../lib/cli/terminal/this-process.ts';

/** Settles when the program is done. */
export const done = runProgram(PORTAL_PROGRAM, THIS_PROCESS);
