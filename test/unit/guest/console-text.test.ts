import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsoleText } from '../../../lib/guest/console/console-text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function textOf(pieces: readonly Uint8Array[], keepsColors = false): string {
  const text = new ConsoleText({ keepsColors });
  return pieces.map((piece) => text.push(piece)).join('') + text.end();
}

describe('the text of a console', () => {
  it.each([
    ['plain\ttext é\n', 'plain\ttext é\n'],
    ['a\r\nb\r\r\nc\rd', 'a\nb\nc\nd'],
    ['\x1b[2J\x1b[1;1Hmenu\x1b[0m', 'menu'],
    ['\x1b[31;1mred\x1b[m', 'red'],
    ['\x1b]0;title\x07text\x1b]2;more\x1b\\end', 'textend'],
    ['\x1bPq#1;2\x1b\\x\x1b_private\x1b\\y', 'xy'],
    ['\x1b(Bx\x1b)0y\x1b=z\x1bcw', 'xyzw'],
    ['a\x07\x08\x00b', 'ab'],
    ['\u009b31mx\u009d0;t\u009cy', 'xy'],
    ['abc\u202edef\u200b', 'abc\\u{202e}def\\u{200b}'],
    ['\x1b\x1b[Ax', 'x'],
    ['\x1b[12\nx', '\nx'],
    // A command that never ends hides no line.
    ['\x1b]0;never\nseen', '\nseen'],
    ['\r\x1b[K\nx', '\nx'],
  ])('of %j is %j', (raw, text) => {
    expect(textOf([bytes(raw)])).toBe(text);
  });

  it('keeps colors if asked, and ends them', () => {
    expect(textOf([bytes('\x1b[31mred\x1b[2Jx')], true)).toBe('\x1b[31mredx\x1b[0m');
    expect(textOf([bytes('\x1b[31mred\x1b[0m')], true)).toBe('\x1b[31mred\x1b[0m');
    expect(textOf([bytes('\x1b[?25mx\x1b[>4;2my')], true)).toBe('xy');
  });

  it('replaces what is no UTF-8', () => {
    expect(textOf([new Uint8Array([0x61, 0xff, 0x9b, 0x33, 0x31, 0x6d])])).toBe('a\ufffd\ufffd31m');
  });

  const hostile = fc.array(
    fc.oneof(
      fc.constantFrom(
        ...'\x1b[]P_^X\\;0123mHJK\r\n\t\x07\x18?> (Bab'.split('').map((each) => each.charCodeAt(0)),
      ),
      fc.nat(255),
    ),
    { maxLength: 60 },
  );

  it('does not depend on the pieces, and has nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat(60), { maxLength: 5 }), fc.boolean(), (raw, cuts, keeps) => {
        const whole = new Uint8Array(raw);
        const at = [...cuts.map((cut) => Math.min(cut, whole.length)), 0, whole.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        const text = textOf([whole], keeps);
        expect(textOf(pieces, keeps)).toBe(text);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
        expect(text.replace(/\x1b\[[0-9;:]*m/g, keeps ? '' : '$&')).toMatch(/^[\n\t\x20-\x7e\xa0-\uffff]*$/);
      }),
      { numRuns: 20_000 },
    );
  });

  it('keeps no more than a command of what does not end', () => {
    const text = new ConsoleText();
    const piece = bytes('1'.repeat(1000));
    text.push(bytes('\x1b]'));
    let shown = 0;
    for (let index = 0; index < 20; index += 1) shown += text.push(piece).length;
    expect(shown).toBeGreaterThan(15_000);
  });
});
