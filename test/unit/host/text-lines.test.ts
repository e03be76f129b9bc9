import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextLines } from '../../../lib/host/snapshot/text-lines.ts';

const LINES = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => text.replaceAll('\n', '')),
);

/** Gives each piece of some bytes in the same memory, as the file system does. */
function* piecesOf(bytes: Buffer, sizes: readonly number[]): Generator<Uint8Array, undefined, undefined> {
  const memory = Buffer.alloc(bytes.length);
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const length = bytes.copy(memory, 0, at, at + (sizes[index % sizes.length] ?? bytes.length));
    at += length;
    yield memory.subarray(0, length);
    memory.fill('x');
  }
  return undefined;
}

function linesOf(lines: TextLines): string[] {
  const read: string[] = [];
  while (lines.peek() !== undefined) read.push(lines.next() as string);
  expect(lines.number).toBe(read.length);
  expect(lines.peek()).toBeUndefined();
  return read;
}

describe('the lines of a text', () => {
  it('are the same however the text is cut into pieces', () => {
    fc.assert(
      fc.property(
        LINES,
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (lines, isEnded, sizes) => {
          const text = lines.join('\n') + (isEnded ? '\n' : '');
          const expected = text.split('\n');
          if (expected.at(-1) === '') expected.pop();
          expect(linesOf(new TextLines(text))).toEqual(expected);
          expect(linesOf(new TextLines(Buffer.from(text)))).toEqual(expected);
          expect(linesOf(new TextLines(piecesOf(Buffer.from(text), sizes)))).toEqual(expected);
        },
      ),
    );
  });
});
