import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';

/** What of machines is changed: their definitions, what they have as they run, or both. */
export const SCOPE_OPTIONS = {
  config: {
    describe: 'Change the definitions, which are in force from the next start on; the default',
    type: 'boolean',
  },
  live: {
    describe:
      'Change what machines that run have now; the definitions are left, unless --config is given too',
    type: 'boolean',
  },
} as const satisfies Record<string, OptionDefinition>;

export type ScopeValues = ValuesOf<typeof SCOPE_OPTIONS>;
