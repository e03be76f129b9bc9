import type { OptionDefinition } from '../grammar/command.ts';

/** The file that a command reads; `-` is standard input. */
export const INPUT_FILE = {
  type: 'string',
  alias: 'f',
  valueName: 'FILE',
  suggestions: ['-'],
  completes: 'file',
} as const satisfies Omit<OptionDefinition, 'describe'>;
