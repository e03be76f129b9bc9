import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeptVirsh } from '../../lib/libvirt/kept-virsh.ts';

/** A word that virsh takes for no option. */
const WORD = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/\p{C}|^-/u.test(text));
/** What virsh's parser, a shell or readline would take for more than text. */
const NASTY = fc
  .array(
    fc.constantFrom(
      ...['"', "'", '\\', ';', '#', ' ', '$(x)', '`x`', '!!', '|', '>', '&', '--err', 'echo', 'ä'],
    ),
  )
  .map((parts) => `x${parts.join('')}`);

/** What holds for a `virsh` that is kept open, for the real one and for that of simulated hosts. */
export function testKeptVirsh(open: () => KeptVirsh, unknown: readonly string[]): void {
  test('passes any word on, unchanged', async () => {
    const virsh = open();
    const lists = fc.array(fc.oneof(WORD, NASTY), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(lists, async (words) => {
        const answers = await virsh.runAll(words.map((word) => ['echo', word]));
        expect(answers.map(({ output, error }) => [output, error])).toEqual(
          words.map((word) => [word, null]),
        );
      }),
    );
  });

  test('reports which commands failed, and runs the others, request after request', async () => {
    const virsh = open();
    for (const index of [1, 2, 3]) {
      const word = `${index} `.repeat(2000).trim();
      const answers = await virsh.runAll([['echo', word], unknown, ['echo', 'virsh # x']]);
      expect(answers.map(({ output, error }) => [output, error !== null])).toEqual([
        [word, false],
        ['', true],
        ['virsh # x', false],
      ]);
    }
  });

  test('asks nothing of it if there is no command', async () => {
    expect(await open().runAll([])).toEqual([]);
  });
}
