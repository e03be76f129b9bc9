import { cutText } from './cut-text.ts';
import type { Role, Style } from './style.ts';
import textWidth from './text-width.ts';

/** A cell: text without control characters, and what it means. */
export interface Cell {
  readonly text: string;
  readonly role?: Role;
}

export interface ColumnLayout {
  readonly heading: string;
  readonly align: 'left' | 'right';
  /** How narrow the column may become where the terminal is, its text then cut; `null` for never. */
  readonly leastWidth: number | null;
  /** Whether it is there however narrow the terminal is. */
  readonly stays: boolean;
}

export interface LayoutOptions {
  /** Columns of the terminal; `null` where lines may be as long as they need. */
  readonly width: number | null;
  readonly header: boolean;
  readonly style: Style;
}

export interface Layout<C extends ColumnLayout> {
  /** A line a row. */
  readonly text: string;
  /** The columns that there was no room for. */
  readonly leftOut: readonly C[];
}

/** Blanks between two columns. */
const GAP = 2;

/**
 * Lays rows out in columns, two blanks between them, a line a row. Rows are as long as `columns`. Made for
 * thousands of rows, where the table package is for what fits a screen: each cell is measured once.
 *
 * Where a terminal is too narrow, the widest columns are cut first, down to one width for all, but none below
 * its least. Where that is not enough, columns are left out from the last on.
 */
export function layoutColumns<C extends ColumnLayout>(
  columns: readonly C[],
  rows: readonly (readonly Cell[])[],
  options: LayoutOptions,
): Layout<C> {
  const lines = options.header
    ? [columns.map((column): Cell => ({ text: column.heading, role: 'heading' })), ...rows]
    : rows;
  const needed = columns.map(() => 0);
  const cellWidths = measure(lines, needed);
  const spans = columns.map((column, index): Span => {
    const width = needed[index] ?? 0;
    return { index, column, width, least: Math.min(width, column.leastWidth ?? width) };
  });
  const fitting = options.width === null ? spans : shrink(keep(spans, options.width), options.width);
  const shown = new Set(fitting.map(({ index }) => index));
  let text = '';
  let at = 0;
  for (const row of lines) {
    text += `${layoutRow(row, cellWidths, at, fitting, options.style)}\n`;
    at += columns.length;
  }
  return { text, leftOut: columns.filter((_, index) => !shown.has(index)) };
}

/** The widths of all cells, row by row; in `needed` the widest of each column. */
function measure(lines: readonly (readonly Cell[])[], needed: number[]): readonly number[] {
  const widths: number[] = [];
  let above: readonly Cell[] = [];
  for (const row of lines) {
    for (let index = 0; index < row.length; index += 1) {
      const text = row[index]?.text ?? '';
      // Many rows of a long list have the text of the one above.
      const isSame = text === above[index]?.text;
      const width = isSame ? (widths[widths.length - row.length] ?? 0) : textWidth(text);
      widths.push(width);
      if (width > (needed[index] ?? 0)) needed[index] = width;
    }
    above = row;
  }
  return widths;
}

/** A column in its place among the columns, with the width that it gets and the least that it can do with. */
interface Span {
  readonly index: number;
  readonly column: ColumnLayout;
  readonly width: number;
  readonly least: number;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

/** The columns that there is room for at their least widths, one at least. */
function keep(spans: readonly Span[], available: number): readonly Span[] {
  if (spans.length < 2 || total(spans.map(({ least }) => least)) <= available) return spans;
  const last = spans.findLastIndex(({ column }) => !column.stays);
  return last < 0 ? spans : keep(spans.toSpliced(last, 1), available);
}

/** The widest cut down to one level, as high as there is room for. */
function shrink(spans: readonly Span[], available: number): readonly Span[] {
  const widthsAt = (level: number): readonly number[] =>
    spans.map(({ width, least }) => Math.max(least, Math.min(width, level)));
  let level = Math.max(...spans.map(({ width }) => width));
  while (level > 0 && total(widthsAt(level)) > available) level -= 1;
  // What is left over is less than one for each that was cut to the level.
  let over = available - total(widthsAt(level));
  return spans.map((span) => {
    const width = Math.max(span.least, Math.min(span.width, level));
    if (over <= 0 || width !== level || width === span.width) return { ...span, width };
    over -= 1;
    return { ...span, width: width + 1 };
  });
}

function layoutRow(
  row: readonly Cell[],
  cellWidths: readonly number[],
  at: number,
  spans: readonly Span[],
  style: Style,
): string {
  let line = '';
  // Blanks are put before what comes next, and so none at the end.
  let blanks = 0;
  // An index, since until V8 has compiled a loop, `of` makes an object for each cell.
  for (let place = 0; place < spans.length; place += 1) {
    const { index, column, width } = spans[place] as Span;
    const { text: whole = '', role } = row[index] ?? {};
    const wholeWidth = cellWidths[at + index] ?? 0;
    const text = wholeWidth > width ? cutText(whole, width) : whole;
    const padding = Math.max(0, width - (wholeWidth > width ? textWidth(text) : wholeWidth));
    const shown = role === undefined ? text : style(role, text);
    if (column.align === 'right') blanks += padding;
    if (shown !== '') {
      line += blanksOf(blanks) + shown;
      blanks = 0;
    }
    if (column.align === 'left') blanks += padding;
    blanks += GAP;
  }
  return line.trimEnd();
}

const made: string[] = [];

function blanksOf(count: number): string {
  made[count] ??= ' '.repeat(count);
  return made[count];
}
