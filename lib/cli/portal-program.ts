import { VERSION } from '../base/version.ts';
import { PORTAL_COMMANDS } from './portal-commands.ts';
import type { Program } from './program.ts';

/** The program `portal`. */
export const PORTAL_PROGRAM: Program = {
  name: 'portal',
  summary: "The virtual machines that a host's hardware goes to.",
  version: VERSION,
  commands: PORTAL_COMMANDS,
};
