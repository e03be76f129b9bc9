import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ColumnLayout, layoutColumns } from '../../../lib/render/layout/columns.ts';
import { plainStyle } from '../../../lib/render/layout/style.ts';
import textWidth from '../../../lib/render/layout/text-width.ts';

const column = (heading: string, more: Partial<ColumnLayout> = {}): ColumnLayout => ({
  heading,
  align: 'left',
  leastWidth: 4,
  stays: false,
  ...more,
});
const KEY = column('K', { leastWidth: null, stays: true });

function layout(
  columns: readonly ColumnLayout[],
  rows: readonly (readonly string[])[],
  width: number | null,
) {
  const cells = rows.map((row) => row.map((text) => ({ text })));
  const { text, leftOut } = layoutColumns(columns, cells, { width, header: false, style: plainStyle });
  return { lines: text.split('\n').slice(0, -1), leftOut: leftOut.map(({ heading }) => heading) };
}

describe('layoutColumns', () => {
  const columns = [KEY, column('A'), column('B')];
  const row = ['key', 'abcdefghij', 'klmnopqrst'];

  it.each<readonly [number | null, string, readonly string[]]>([
    [null, 'key  abcdefghij  klmnopqrst', []],
    [27, 'key  abcdefghij  klmnopqrst', []],
    // One level for all; what is left over goes to the first.
    [26, 'key  abcdefghij  klmnopqr…', []],
    [25, 'key  abcdefgh…  klmnopqr…', []],
    [15, 'key  abc…  klm…', []],
    // Then columns are left out from the last on, and the others take what they had.
    [14, 'key  abcdefgh…', ['B']],
    [9, 'key  abc…', ['B']],
    [8, 'key', ['A', 'B']],
    [1, 'key', ['A', 'B']],
  ])('in %j columns', (width, line, leftOut) => {
    expect(layout(columns, [row], width)).toEqual({ lines: [line], leftOut });
  });

  it('cuts the widest first, and none that may not be', () => {
    const more = [KEY, column('A'), column('N', { align: 'right', leastWidth: null }), column('B')];
    expect(layout(more, [['key', 'abcdef', '123456', 'klmnopqrst']], 28).lines).toEqual([
      'key  abcdef  123456  klmnop…',
    ]);
  });

  it('keeps one that stays wherever it stands, and one at least', () => {
    expect(layout([column('A'), KEY], [['abcdefghij', 'key']], 6)).toEqual({
      lines: ['key'],
      leftOut: ['A'],
    });
    expect(layout([column('A'), column('B')], [['abcdefghij', 'b']], 5)).toEqual({
      lines: ['abcd…'],
      leftOut: ['B'],
    });
  });

  it('counts wide characters as two columns', () => {
    expect(layout([KEY, column('A'), column('B')], [['k', '漢字漢字', 'b']], 11).lines).toEqual([
      'k  漢字…  b',
    ]);
  });

  it('fits wherever the columns that stay do', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '漢', 'e\u0301', 'ﬀ'), maxLength: 30 });
    const table = fc.integer({ min: 1, max: 6 }).chain((count) =>
      fc.record({
        rows: fc.array(fc.array(text, { minLength: count, maxLength: count }), { maxLength: 4 }),
        leastWidths: fc.array(fc.integer({ min: 4, max: 16 }), { minLength: count, maxLength: count }),
        width: fc.integer({ min: 16, max: 80 }),
      }),
    );
    fc.assert(
      fc.property(table, ({ rows, leastWidths, width }) => {
        const made = leastWidths.map((leastWidth, index) => column(`${index}`, { leastWidth }));
        const { lines } = layout(made, rows, width);
        expect(lines.filter((line) => textWidth(line) > width)).toEqual([]);
      }),
    );
  });
});
