import { getBorderCharacters, table } from 'table';
import textWidth from './text-width.ts';
import { wrapText } from './wrap-text.ts';

const INDENT = 2;
const GAP = 2;
/** With less, the last column would have one word per line. */
const LEAST_ROOM = 16;

/**
 * A small indented table without borders; empty for no rows. For short output. Text that is too long for a terminal
 * of `width` columns is wrapped: below the last column if that has room, otherwise cell by cell below the second.
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
  const hanging = hangingOf(rows, width);
  return rows.map((row) => hangingRow(row, hanging, width)).join('');
}

/** The start of the second cells: after the widest first cell that leaves them room. */
function hangingOf(rows: readonly (readonly string[])[], width: number): number {
  const ends = rows.map(([first = '']) => INDENT + textWidth(first) + GAP);
  return Math.max(2 * INDENT, ...ends.filter((end) => end <= width / 2));
}

/** A row whose cells follow each other as far as they fit, the others on lines of their own. */
function hangingRow([first = '', ...others]: readonly string[], hanging: number, width: number): string {
  const room = width - hanging;
  const lines: string[] = [];
  let isOpen = false;
  for (const cell of others.filter((each) => each !== '')) {
    const along = `${lines.at(-1) ?? ''}${' '.repeat(GAP)}${cell}`;
    if (isOpen && textWidth(along) <= room) {
      lines.splice(-1, 1, along);
      continue;
    }
    const wrapped = wrapText(cell, room);
    lines.push(...wrapped);
    // Text after a cell of several lines would look like a part of it.
    isOpen = wrapped.length === 1;
  }
  const [behind = '', ...below] = lines;
  const isShort = INDENT + textWidth(first) + GAP <= hanging;
  if (isShort) {
    const gap = ' '.repeat(hanging - INDENT - textWidth(first));
    return indented([first + gap + behind]) + indented(below, hanging);
  }
  return indented(wrapText(first, width - INDENT)) + indented(lines, hanging);
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
  // Cells are padded: trailing spaces would be wrapped to a line of their own.
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function indented(lines: readonly string[], indent = INDENT): string {
  return lines.map((line) => `${' '.repeat(indent)}${line.trimEnd()}\n`).join('');
}

/** The start of each column, including the indentation. */
function startsOf(rows: readonly (readonly string[])[]): readonly number[] {
  let start = INDENT;
  return (rows[0] ?? []).map((_, column) => {
    const here = start;
    start += Math.max(...rows.map((row) => textWidth(row[column] ?? ''))) + GAP;
    return here;
  });
}
