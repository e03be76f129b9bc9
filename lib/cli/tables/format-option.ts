import type { OptionDefinition } from '../grammar/command.ts';

/** The forms of rows. */
const ROW_FORMATS = ['table', 'csv', 'ndjson', 'json'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** The option of every command that lists something. */
export const FORMAT_OPTION = {
  format: { describe: 'Output format', type: 'string', choices: ROW_FORMATS },
} as const satisfies Record<string, OptionDefinition>;
