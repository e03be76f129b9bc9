import { getBorderCharacters, table } from 'table';
import textWidth from './text-width.ts';
import { wrapText } from './wrap-text.ts';

const INDENT = 2;
const GAP = 2;
/** With less the last column would be a word a line. */
const LEAST_ROOM = 16;

/**
 * A small table without lines, indented; nothing for no rows. For what a person reads at once. What is too long
 * for a terminal of `width` columns is wrapped: below the last column where that has room, else below the second.
 */
export function tableBlock(rows: readonly (readonly string[])[], width: number | null): string {
  const lines = linesOf(rows);
  if (width === null || lines.every((line) => textWidth(line) <= width - INDENT)) return indented(lines);
  const starts = startsOf(rows);
  const room = width - (starts.at(-1) ?? 0);
  if (room >= LEAST_ROOM) {
    const wrapped = rows.map((row) => [...row.slice(0, -1), wrapText(row.at(-1) ?? '', room).join('\n')]);
    return indented(linesOf(wrapped));
  }
  const hanging = Math.min(starts[1] ?? INDENT, width / 2);
  return lines
    .map((line) => {
      const [first = '', ...more] = wrapText(line, width - hanging);
      return indented([first]) + indented(more, hanging);
    })
    .join('');
}

/** The lines without their indent. */
function linesOf(rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const text = table(
    rows.map((row) => [...row]),
    {
      border: getBorderCharacters('void'),
      columnDefault: { paddingLeft: 0, paddingRight: GAP },
      drawHorizontalLine: () => false,
    },
  );
  // The cells are filled up: blanks at an end would be wrapped to a line of their own.
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function indented(lines: readonly string[], indent = INDENT): string {
  return lines.map((line) => `${' '.repeat(indent)}${line.trimEnd()}\n`).join('');
}

/** Where each column begins, the indent included. */
function startsOf(rows: readonly (readonly string[])[]): readonly number[] {
  let start = INDENT;
  return (rows[0] ?? []).map((_, column) => {
    const here = start;
    start += Math.max(...rows.map((row) => textWidth(row[column] ?? ''))) + GAP;
    return here;
  });
}
