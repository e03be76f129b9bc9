#!/usr/bin/env node
import { runProgram } from '../lib/cli/main.ts';
import { PORTAL_PROGRAM } from '../lib/cli/tables/portal-program.ts';

void runProgram(PORTAL_PROGRAM, process);
