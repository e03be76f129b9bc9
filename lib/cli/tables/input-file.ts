import type { OptionDefinition } from '../grammar/command.ts';

/** The input file of a command; `-` is stdin. */
export const INPUT_FILE = {
  type: 'string',
  alias: 'f',
  valueName: 'FILE',
  suggestions: ['-'],
  completes: 'file',
} as const satisfies Omit<OptionDefinition, 'describe'>;
