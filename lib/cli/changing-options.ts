import type { OptionDefinition } from './command.ts';

/** The options of every command that changes a host. */
export const CHANGING_OPTIONS = {
  'dry-run': { describe: 'Show the plan, and change nothing', type: 'boolean', alias: 'n' },
  script: { describe: 'Print the plan as a shell script that does the same', type: 'boolean' },
  yes: { describe: 'Do it without asking', type: 'boolean', alias: 'y' },
  allow: {
    describe: 'Do it although NAME speaks against it: a reason that the plan was refused for',
    type: 'string',
    valueName: 'NAME',
    array: true,
  },
} as const satisfies Record<string, OptionDefinition>;
