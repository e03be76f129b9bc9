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

const GAP = '  ';

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
  const cellWidths = lines.map((row) => row.map(({ text }) => textWidth(text)));
  for (const row of cellWidths) {
    for (let index = 0; index < row.length; index += 1) {
      if ((row[index] ?? 0) > (needed[index] ?? 0)) needed[index] = row[index] ?? 0;
    }
  }
  const spans = columns.map((column, index): Span => {
    const width = needed[index] ?? 0;
    return { index, column, width, least: Math.min(width, column.leastWidth ?? width) };
  });
  const fitting = options.width === null ? spans : shrink(keep(spans, options.width), options.width);
  const shown = new Set(fitting.map(({ index }) => index));
  return {
    text: lines
      .map((row, index) => `${layoutRow(row, cellWidths[index] ?? [], fitting, options.style)}\n`)
      .join(''),
    leftOut: columns.filter((_, index) => !shown.has(index)),
  };
}

/** A column in its place among the columns, with the width that it gets and the least that it can do with. */
interface Span {
  readonly index: number;
  readonly column: ColumnLayout;
  readonly width: number;
  readonly least: number;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
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
  spans: readonly Span[],
  style: Style,
): string {
  const last = spans.at(-1);
  let line = '';
  for (const span of spans) {
    const { index, column, width } = span;
    const { text: whole = '', role } = row[index] ?? {};
    const cut = (cellWidths[index] ?? 0) > width;
    const text = cut ? cutText(whole, width) : whole;
    const padding = ' '.repeat(Math.max(0, width - (cut ? textWidth(text) : (cellWidths[index] ?? 0))));
    const shown = role === undefined ? text : style(role, text);
    if (column.align === 'right') line += padding + shown;
    else line += span === last ? shown : shown + padding;
    if (span !== last) line += GAP;
  }
  return line.trimEnd();
}
