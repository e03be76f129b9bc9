import { describe, expect, it } from 'vitest';
import { optionWords } from '../../../lib/cli/grammar/option-words.ts';

const OPTIONS = {
  output: { describe: 'a file', type: 'string', alias: 'o' },
  all: { describe: 'everything', type: 'boolean', alias: 'a' },
  yes: { describe: 'do not ask', type: 'boolean', alias: 'y' },
  color: { describe: 'colour', type: 'string', implied: { given: 'always', negated: 'never' } },
} as const;

describe('the words of options', () => {
  it.each([
    ['-ofile', '-o=file'],
    ['-o=file', '-o=file'],
    ['-o file', '-o file'],
    ['-ayofile', '-ay -o=file'],
    ['-ayo file', '-ayo file'],
    ['-ay', '-ay'],
    ['-y=true', '-y=true'],
    ['--color', '--color=always'],
    ['--no-color', '--color=never'],
    ['--color=auto', '--color=auto'],
    ['--color 01:00.0', '--color=always 01:00.0'],
    ['--output --color', '--output --color'],
    ['-o -ofile', '-o -ofile'],
    ['--output=--color x', '--output=--color x'],
    ['word - --unknown -x', 'word - --unknown -x'],
  ])('%s', (given, expected) => {
    expect(optionWords(OPTIONS, given.split(' ')).join(' ')).toBe(expected);
  });

  it.each(['--all=client', '--yes=1', '-y=no', '-ay=no', '--no-all=x'])('refuse %s', (word) => {
    expect(() => optionWords(OPTIONS, [word])).toThrow(/invalid value .* \(only true or false\)/);
  });
});
