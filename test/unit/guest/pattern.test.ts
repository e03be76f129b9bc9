import { describe, expect, it } from 'vitest';
import { PatternSearch } from '../../../lib/guest/console/pattern-search.ts';
import { literalPattern, regexPattern } from '../../../lib/guest/console/text-pattern.ts';
import { errorOf } from '../../support/error-of.ts';

/** What a pattern is, text before the end of its first match, and the match's end by RegExp for comparison. */
const SAMPLES: readonly (readonly [source: string, text: string])[] = [
  ['login: ', 'Debian\nlogin: root'],
  ['a|bc|d', 'xxbc'],
  ['a+b', 'caaab'],
  ['(ab)*c', 'ababc'],
  ['[0-9]{2,3}x', 'a1x12x'],
  ['[^a-z]', 'abcD'],
  ['\\d+\\.\\d+ s', 'took 12.5 s'],
  ['^root', 'a root\nroot'],
  ['(a|b)?c', 'zc'],
  ['x(?:yz){2}', 'xyzxyzyz'],
  ['\\$ ', 'bash-5.2$ '],
  ['a.c', 'a\nc abc'],
  ['[\\]a-]', 'x-'],
  ['[]]', 'x]'],
  ['é+', 'caféé'],
  ['\\x41\\u0042', 'xAB'],
  ['a{2}', 'aXaa'],
  ['a{,2}b', 'a{,2}b'],
];

/** The shortest beginning of a text in which a RegExp finds something. */
function shortest(source: string, text: string): number {
  // In JavaScript, unlike here, an empty set is allowed.
  const form = new RegExp(source.replace(/^\[\]/, '[\\]'), 'm');
  for (let end = 0; end <= text.length; end += 1) if (form.test(text.slice(0, end))) return end;
  return -1;
}

describe('a search for a regular expression', () => {
  it.each(SAMPLES)('%j in %j ends where the first match ends', (source, text) => {
    const end = new PatternSearch(regexPattern(source)).find(text);
    expect(end).toBe(shortest(source, text));
    expect(end).toBeGreaterThan(0);
  });

  it.each(SAMPLES)('%j in %j ends there in whatever pieces the text comes', (source, text) => {
    const whole = new PatternSearch(regexPattern(source)).find(text);
    for (let split = 0; split <= text.length; split += 1) {
      const search = new PatternSearch(regexPattern(source));
      const first = search.find(text.slice(0, split));
      const end = first >= 0 ? first : split + search.find(text.slice(split));
      expect(end).toBe(whole);
    }
  });

  it('agrees with RegExp on made-up patterns and texts', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (seed >> 8) % below;
    };
    const make = (depth: number): string => {
      const parts = ['a', 'b', '[ab]', '[^a]', '.', 'c'];
      const atom =
        depth > 0 && random(3) === 0 ? `(${make(depth - 1)}|${make(depth - 1)})` : (parts[random(6)] ?? '');
      const quantifier = ['', '', '', '*', '+', '?', '{1,3}'][random(7)] ?? '';
      return atom + quantifier + (random(2) === 0 ? make(depth) : '');
    };
    let tried = 0;
    for (let index = 0; index < 3000; index += 1) {
      const source = make(2);
      if (new RegExp(`^(?:${source})$`).test('')) continue;
      const text = Array.from({ length: random(24) }, () => 'abc\n'[random(4)]).join('');
      expect([source, text, new PatternSearch(regexPattern(source)).find(text)]).toEqual([
        source,
        text,
        shortest(source, text),
      ]);
      tried += 1;
    }
    expect(tried).toBeGreaterThan(1500);
  });

  it('takes the end of a line as a match only when the line has ended', () => {
    const search = new PatternSearch(regexPattern('done$'));
    expect(search.find('done')).toBe(-1);
    expect(search.find('\n')).toBe(1);
  });

  it('takes no longer for patterns that backtracking takes exponential time for', () => {
    for (const source of ['(a+)+$', '(a|a)*$', '(a*)*b', '([a-z]+)*!']) {
      const search = new PatternSearch(regexPattern(source));
      const started = process.cpuUsage();
      expect(search.find('a'.repeat(100_000))).toBe(-1);
      expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
    }
  });

  it.each([
    ['(a', 'has a "(" without ")"'],
    ['a)', 'has a ")" without "("'],
    ['[a', 'has a "[" without "]"'],
    ['*a', 'has nothing before "*" to repeat'],
    ['a\\', 'ends with a backslash'],
    ['(?=a)', 'has "(?="'],
    ['(a)\\1', 'has "\\1"'],
    ['\\bword', 'has "\\b"'],
    ['a*', 'matches also where there is no text'],
    ['^', 'matches also where there is no text'],
    ['[z-a]', 'wrong order'],
    ['a{3,2}', 'wrong order'],
    ['a{2000}', 'repeats more than 1000 times'],
    ['((a{100}){100}){100}', 'too large'],
    ['('.repeat(200), 'too many groups'],
  ])('refuses %j', (source, message) => {
    expect(errorOf(() => regexPattern(source))).toMatchObject({
      code: 'BAD_SCRIPT',
      message: expect.stringContaining(message),
    });
  });
});

it('takes literal text as it is', () => {
  expect(new PatternSearch(literalPattern('[a].*')).find('xx[a].*y')).toBe(7);
  expect(new PatternSearch(literalPattern('aab')).find('aaab')).toBe(4);
});
