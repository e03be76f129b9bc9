import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../lib/cli/grammar/command.ts';
import { parseCommandLine } from '../../lib/cli/grammar/parse-command-line.ts';
import { readPlainly } from '../../lib/cli/grammar/plain-command-line.ts';
import { PCI_PROGRAM } from '../../lib/cli/tables/pci-program.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';

const WORDS = [
  '01:00.0',
  'class=network',
  'a',
  '',
  '-',
  '--',
  '12',
  '0x10',
  '1e3',
  'true',
  'false',
  "'a'",
  '"',
  'é',
  'no-',
  '__proto__',
];

/** Words that stand on command lines of a command, right ones and wrong ones. */
function wordsOf({ options, positionals }: Command): fc.Arbitrary<readonly string[]> {
  const value = fc.constantFrom(...WORDS, ...Object.values(options).flatMap(({ choices = [] }) => choices));
  const written = Object.entries(options).flatMap(([name, { alias }]) => [
    `--${name}`,
    `--no-${name}`,
    ...(alias === undefined ? [] : [`-${alias}`, `-${alias}${alias}`]),
  ]);
  const option = fc.constantFrom(
    '--help',
    '-h',
    '-V',
    '--nothing',
    '-undefined',
    '--constructor',
    ...written,
    '--json',
  );
  const right = Object.entries(options).map(([name, { type, choices }]) =>
    type === 'boolean'
      ? fc.constant([`--${name}`])
      : fc.constantFrom(...(choices ?? ['a', 'b=c', 'd'])).map((word) => [`--${name}`, word]),
  );
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.oneof(...right, fc.constant(['word'])) },
    value.map((word) => [word]),
    option.map((word) => [word]),
    fc.tuple(option, value).map(([word, given]) => [`${word}=${given}`]),
    fc.tuple(option, value),
  );
  const wanted = Object.values(positionals).map(() => 'word');
  return fc
    .tuple(fc.array(piece, { maxLength: 4 }), fc.boolean())
    .map(([pieces, isServed]) => [...(isServed ? wanted : []), ...pieces.flat()]);
}

describe('a plain command line', () => {
  for (const program of [PCI_PROGRAM, PORTAL_PROGRAM]) {
    it(`is read as the parser reads it: ${program.name}`, async () => {
      let read = 0;
      for (const command of program.commands) {
        await fc.assert(
          fc.asyncProperty(wordsOf(command), async (words) => {
            const argv = [...command.name.split(' '), ...words];
            const plain = readPlainly(program, argv);
            if (plain === null) return;
            read += 1;
            expect(plain).toEqual(await parseCommandLine(program, argv, 80));
          }),
          { numRuns: 150 },
        );
      }
      expect(read).toBeGreaterThan(program.commands.length * 20);
    });
  }

  it.each([
    [['list']],
    [['list', '--json']],
    [['list', 'class=network', 'vf', '--columns', 'address,driver', '-c', 'group', '--no-header', '-w']],
    [['list', '--host=galaxy.snapshot', '--format', 'csv']],
    [['show', '01:00.0', '--host', 'galaxy.snapshot']],
    [['sriov', 'list']],
    [['validate']],
    [['bind', '01:00.0', '--dry-run']],
  ])('needs no parser: %j', async (argv) => {
    const plain = readPlainly(PCI_PROGRAM, argv);
    expect(plain).toMatchObject({ kind: 'run' });
    expect(plain).toEqual(await parseCommandLine(PCI_PROGRAM, argv, 80));
  });

  it.each([['--version'], ['-V']])('needs no parser: %s', async (word) => {
    expect(readPlainly(PCI_PROGRAM, [word])).toEqual(await parseCommandLine(PCI_PROGRAM, [word], 80));
  });

  it.each([
    [[]],
    [['--help']],
    [['help', 'list']],
    [['--json', 'list']],
    [['list', '--help']],
    [['list', '--version']],
    [['list', '--', '-x']],
    [['list', '-wr']],
    [['list', '--format', 'xml']],
    [['list', '--format']],
    [['list', '--sort', 'a', '--sort', 'b']],
    [['list', '--wide=true']],
    [['list', '--color']],
    [['list', '--host', "'a'"]],
    [['show']],
    [['sriov']],
    [['tree', 'word', 'more', '-undefined']],
  ])('leaves the rest to the parser: %j', (argv) => {
    expect(readPlainly(PCI_PROGRAM, argv)).toBeNull();
  });
});
