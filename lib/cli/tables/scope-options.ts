import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';

/** The parts of VMs that a command changes: their definitions, the running VMs, or both. */
export const SCOPE_OPTIONS = {
  config: {
    describe: 'Change the definitions, for the next start of the VMs (default)',
    type: 'boolean',
  },
  live: {
    describe: 'Change the running VMs; definitions change only with --config as well',
    type: 'boolean',
  },
} as const satisfies Record<string, OptionDefinition>;

export type ScopeValues = ValuesOf<typeof SCOPE_OPTIONS>;
