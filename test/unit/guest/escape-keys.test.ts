import { describe, expect, it } from 'vitest';
import { ESCAPE_WAIT_MS, EscapeKeys } from '../../../lib/guest/console/escape-keys.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What comes of typed pieces: text that is sent, and requests. */
function typed(...pieces: readonly string[]): readonly string[] {
  const keys = new EscapeKeys(0x1d);
  return pieces.flatMap((piece) =>
    keys
      .feed(bytes(piece), 0)
      .map((action) =>
        action.kind === 'send' ? `"${new TextDecoder().decode(action.bytes)}"` : action.kind,
      ),
  );
}

describe('the escape character', () => {
  it.each([
    [['abc'], ['"abc"']],
    [['a\x1d'], ['"a"']],
    [['a\x1dqb'], ['"a"', 'leave']],
    [['\x1d?b'], ['help', '"b"']],
    [['\x1d', '?'], ['help']],
    [
      ['\x1d', 's', 'b'],
      ['size', '"b"'],
    ],
    [['a\x1d\x1db'], ['"a"', '"\x1db"']],
    [['\x1d', '\x1d'], ['"\x1d"']],
    [['\x03\x1b[A'], ['"\x03\x1b[A"']],
  ])('in %j gives %j', (pieces, actions) => {
    expect(typed(...pieces)).toEqual(actions);
  });

  it('leaves alone after a time', () => {
    const keys = new EscapeKeys(0x1d);
    expect(keys.deadlineMs).toBe(null);
    keys.feed(bytes('\x1d'), 100);
    expect(keys.deadlineMs).toBe(100 + ESCAPE_WAIT_MS);
    expect(keys.tick(99 + ESCAPE_WAIT_MS)).toBe(false);
    expect(keys.tick(100 + ESCAPE_WAIT_MS)).toBe(true);
    expect(keys.deadlineMs).toBe(null);
  });
});
