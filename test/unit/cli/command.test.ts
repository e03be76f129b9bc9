import { describe, expect, it } from 'vitest';
import {
  type CommandResult,
  defineCommand,
  usageOf,
  type ValuesOf,
} from '../../../lib/cli/grammar/command.ts';
import { parsedValues } from '../../../lib/cli/grammar/parsed-values.ts';

const OPTIONS = {
  'dry-run': { describe: 'show it', type: 'boolean' },
  header: { describe: 'headings', type: 'boolean', negatable: true },
  format: { describe: 'how', type: 'string', choices: ['table', 'csv'] },
  allow: { describe: 'names', type: 'string', array: true },
  'confirm-within': { describe: 'a time', type: 'string' },
} as const;

const WORDS = {
  name: 'try',
  summary: 'Try it',
  description: 'Tries it.',
  positionals: {
    before: { describe: 'one' },
    after: { describe: 'another', optional: true },
    more: { describe: 'many', optional: true, array: true },
  },
  options: OPTIONS,
  examples: [],
} as const;

const NOTHING: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

describe('a command', () => {
  it('has its positionals in its usage', () => {
    expect(usageOf(WORDS)).toBe('try <before> [after] [more..]');
  });

  it('takes what its options give, and nothing else', () => {
    type Values = ValuesOf<typeof OPTIONS>;
    const run = (values: Values & { readonly before: string; readonly more: readonly string[] }) => ({
      ...NOTHING,
      stdout: `${values.dryRun} ${values.format} ${values.confirmWithin} ${values.before} ${values.more.length}`,
    });
    defineCommand({ ...WORDS, load: async () => run });
    // @ts-expect-error There is no such option.
    defineCommand({ ...WORDS, load: async () => (_: { readonly dryRum: boolean }) => NOTHING });
    // @ts-expect-error It may be left out.
    defineCommand({ ...WORDS, load: async () => (_: { readonly after: string }) => NOTHING });
    // @ts-expect-error It may be given several times.
    defineCommand({ ...WORDS, load: async () => (_: { readonly allow: string }) => NOTHING });
    expect(run({ ...parsedValues(WORDS, { before: 'a' }) } as Parameters<typeof run>[0]).stdout).toBe(
      'false undefined undefined a 0',
    );
  });

  it.each([
    [
      {},
      { dryRun: false, header: undefined, format: undefined, allow: [], confirmWithin: undefined, more: [] },
    ],
    [
      { 'dry-run': true, header: false },
      { dryRun: true, header: false },
    ],
    [
      { 'dry-run': [true, false], format: ['table', 'csv'] },
      { dryRun: false, format: 'csv' },
    ],
    [
      { allow: ['a', 'b'], 'confirm-within': '60s' },
      { allow: ['a', 'b'], confirmWithin: '60s' },
    ],
    [
      { allow: 'a', before: '\0-x', more: ['\0--', 'y'] },
      { allow: ['a'], before: '-x', more: ['--', 'y'] },
    ],
  ])('gets of %j', (parsed, expected) => {
    expect(parsedValues(WORDS, parsed)).toMatchObject(expected);
  });
});
