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
  /**
   * How narrow the column may become where the terminal is, its text then cut; `null` for never. Columns give
   * way in their order, each as far as it may.
   */
  readonly leastWidth: number | null;
}

export interface LayoutOptions {
  /** Columns of the terminal; `null` where lines may be as long as they need. */
  readonly width: number | null;
  readonly header: boolean;
  readonly style: Style;
}

const GAP = '  ';
/** Cuts text to a width, with an ellipsis where something is missing. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  for (const character of text) {
    if (textWidth(cut + character) >= width) break;
    cut += character;
  }
  return `${cut}…`;
}

/**
 * Lays rows out in columns, two blanks between them, a line a row. Rows are as long as `columns`. Made for
 * thousands of rows, where the table package is for what fits a screen.
 */
export function layoutColumns(
  columns: readonly ColumnLayout[],
  rows: readonly (readonly Cell[])[],
  options: LayoutOptions,
): string {
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
  const widths = options.width === null ? needed : shrink(needed, columns, options.width);
  return lines
    .map((row, index) => `${layoutRow(row, cellWidths[index] ?? [], columns, widths, options.style)}\n`)
    .join('');
}

/** The widths with what is too much taken from the columns that give way. */
function shrink(
  needed: readonly number[],
  columns: readonly ColumnLayout[],
  available: number,
): readonly number[] {
  let excess = needed.reduce((sum, width) => sum + width, GAP.length * (needed.length - 1)) - available;
  return needed.map((width, index) => {
    const leastWidth = columns[index]?.leastWidth ?? null;
    if (excess <= 0 || leastWidth === null || width <= leastWidth) return width;
    const given = Math.min(excess, width - leastWidth);
    excess -= given;
    return width - given;
  });
}

function layoutRow(
  row: readonly Cell[],
  cellWidths: readonly number[],
  columns: readonly ColumnLayout[],
  widths: readonly number[],
  style: Style,
): string {
  let line = '';
  for (let index = 0; index < columns.length; index += 1) {
    const { text: whole = '', role } = row[index] ?? {};
    const width = widths[index] ?? 0;
    const cut = (cellWidths[index] ?? 0) > width;
    const text = cut ? cutText(whole, width) : whole;
    const padding = ' '.repeat(Math.max(0, width - (cut ? textWidth(text) : (cellWidths[index] ?? 0))));
    const shown = role === undefined ? text : style(role, text);
    const last = index === columns.length - 1;
    if (columns[index]?.align === 'right') line += padding + shown;
    else line += last ? shown : shown + padding;
    if (!last) line += GAP;
  }
  return line.trimEnd();
}
