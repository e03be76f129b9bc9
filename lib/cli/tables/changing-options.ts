import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';

/** The options of every command that changes a host. */
export const CHANGING_OPTIONS = {
  'dry-run': { describe: 'Show the plan and change nothing', type: 'boolean', alias: 'n' },
  script: { describe: 'Print the plan as a shell script', type: 'boolean' },
  yes: { describe: 'Do not ask for confirmation', type: 'boolean', alias: 'y' },
  'confirm-within': {
    describe: 'Undo the change unless pci confirm is run within TIME: 60s, 5m; 10s to 1h',
    type: 'string',
    valueName: 'TIME',
    suggestions: ['60s', '5m'],
  },
  allow: {
    describe: 'Accept the finding NAME that the plan was refused for',
    type: 'string',
    valueName: 'NAME',
    array: true,
    completes: 'finding',
  },
} as const satisfies Record<string, OptionDefinition>;

export type ChangingValues = ValuesOf<typeof CHANGING_OPTIONS>;
