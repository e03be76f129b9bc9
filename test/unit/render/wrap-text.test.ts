import { describe, expect, it } from 'vitest';
import { beginningOf, cutText } from '../../../lib/render/layout/cut-text.ts';
import { hangText, wrapText } from '../../../lib/render/layout/wrap-text.ts';

describe('wrapText', () => {
  it.each<readonly [string, number | null, readonly string[]]>([
    ['', 10, ['']],
    ['one two', null, ['one two']],
    ['one two', 7, ['one two']],
    ['one two', 6, ['one', 'two']],
    ['one  two three', 8, ['one  two', 'three']],
    ['a/b/c', 4, ['a/b/', 'c']],
    ['on a pci0000:00/01.0/00.0', 12, ['on a', 'pci0000:00/', '01.0/00.0']],
    ['abcdefg hi', 3, ['abc', 'def', 'g', 'hi']],
    // Wide characters take two columns, those that combine none.
    ['漢字 漢字', 5, ['漢字', '漢字']],
    ['漢字漢', 5, ['漢字', '漢']],
    ['e\u0301e\u0301e\u0301 e', 3, ['e\u0301e\u0301e\u0301', 'e']],
    ['漢字', 1, ['漢', '字']],
  ])('%j in %j columns', (text, width, lines) => {
    expect(wrapText(text, width)).toEqual(lines);
  });
});

describe('cutText', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['ab cd', 4, 'ab…'],
    ['漢字漢', 6, '漢字漢'],
    ['漢字漢', 5, '漢字…'],
    ['漢字漢', 4, '漢…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%j in %i columns', (text, width, cut) => {
    expect(cutText(text, width)).toBe(cut);
  });

  it('keeps the marks that combine with the last character', () => {
    expect(beginningOf('e\u0301\u0302e', 1)).toBe('e\u0301\u0302');
  });
});

describe('hangText', () => {
  const start = 'start  ';
  const hung = (text: string, width: number | null): readonly string[] =>
    hangText({ start, startWidth: 7, indent: 2, text, width, paint: (line) => `<${line}>` }).split('\n');

  it('is one line where lines may be as long as they need', () => {
    expect(hung('one two three four five six seven', null)).toEqual([
      'start  <one two three four five six seven>',
    ]);
  });

  it('is wrapped below where it begins', () => {
    expect(hung('one two three four five six seven', 31)).toEqual([
      'start  <one two three four five>',
      '       <six seven>',
    ]);
  });

  it('begins on a line of its own where too little is left of the first', () => {
    expect(hung('one two three four five six seven', 30)).toEqual([
      'start',
      '  <one two three four five six>',
      '  <seven>',
    ]);
    expect(hung('one two', 30)).toEqual(['start  <one two>']);
  });
});
