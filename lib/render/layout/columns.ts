import { cutText } from './cut-text.ts';
import type { Role, Style } from './style.ts';
import textWidth from './text-width.ts';

/** A cell: text without control characters, and its meaning. */
export interface Cell {
  readonly text: string;
  readonly role?: Role;
}

export interface ColumnLayout {
  readonly heading: string;
  readonly align: 'left' | 'right';
  /** The minimum width of the column on a narrow terminal, with its text cut; `null` if it must not be cut. */
  readonly leastWidth: number | null;
  /** Whether it is shown on every terminal, however narrow. */
  readonly stays: boolean;
}

export interface LayoutOptions {
  /** The width of the terminal; `null` for no limit. */
  readonly width: number | null;
  readonly header: boolean;
  readonly style: Style;
}

export interface Layout<C extends ColumnLayout> {
  /** One line for each row. */
  readonly text: string;
  /** The columns that did not fit. */
  readonly leftOut: readonly C[];
}

/** Blanks between two columns. */
const GAP = 2;

/**
 * Lays out rows in columns, separated by two spaces, one line for each row. Rows have the length of `columns`. Made
 * for thousands of rows, unlike the table package: each cell is measured once.
 *
 * On a narrow terminal, the widest columns are cut first, to one common width, but none below its minimum. If that is
 * not sufficient, columns are omitted from the last one on.
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

/** A column at its place, with its width and its minimum. */
interface Span {
  readonly index: number;
  readonly column: ColumnLayout;
  readonly width: number;
  readonly least: number;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

/** The columns that fit with their minimum widths, at least one. */
function keep(spans: readonly Span[], available: number): readonly Span[] {
  if (spans.length < 2 || total(spans.map(({ least }) => least)) <= available) return spans;
  const last = spans.findLastIndex(({ column }) => !column.stays);
  return last < 0 ? spans : keep(spans.toSpliced(last, 1), available);
}

/** The widest columns cut to one level, as high as it fits. */
function shrink(spans: readonly Span[], available: number): readonly Span[] {
  const widthsAt = (level: number): readonly number[] =>
    spans.map(({ width, least }) => Math.max(least, Math.min(width, level)));
  let level = Math.max(...spans.map(({ width }) => width));
  while (level > 0 && total(widthsAt(level)) > available) level -= 1;
  // The remainder is less than one for each column that was cut to the level.
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
