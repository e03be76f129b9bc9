import { getBorderCharacters, table } from 'table';

/** A small table without lines, indented; nothing for no rows. For what a person reads at once. */
export function tableBlock(rows: readonly (readonly string[])[], indent = '  '): string {
  if (rows.length === 0) return '';
  const text = table(
    rows.map((row) => [...row]),
    {
      border: getBorderCharacters('void'),
      columnDefault: { paddingLeft: 0, paddingRight: 2 },
      drawHorizontalLine: () => false,
    },
  );
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line.trimEnd()}\n`)
    .join('');
}
