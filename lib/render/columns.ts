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
  const widths = columns.map((column, index) => {
    let widest = options.header ? textWidth(column.heading) : 0;
    for (const row of rows) {
      const width = textWidth(row[index]?.text ?? '');
      if (width > widest) widest = width;
    }
    return widest;
  });
  if (options.width !== null) shrink(widths, columns, options.width);
  const lines: string[] = [];
  if (options.header) {
    const heading = columns.map((column): Cell => ({ text: column.heading, role: 'heading' }));
    lines.push(layoutRow(heading, columns, widths, options.style));
  }
  for (const row of rows) lines.push(layoutRow(row, columns, widths, options.style));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Takes what is too much from the columns that give way. */
function shrink(widths: number[], columns: readonly ColumnLayout[], available: number): void {
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - available;
  for (const [index, { leastWidth }] of columns.entries()) {
    const width = widths[index] ?? 0;
    if (excess <= 0 || leastWidth === null || width <= leastWidth) continue;
    const given = Math.min(excess, width - leastWidth);
    widths[index] = width - given;
    excess -= given;
  }
}

function layoutRow(
  row: readonly Cell[],
  columns: readonly ColumnLayout[],
  widths: readonly number[],
  style: Style,
): string {
  let line = '';
  for (let index = 0; index < columns.length; index += 1) {
    const { text: whole = '', role } = row[index] ?? {};
    const width = widths[index] ?? 0;
    const text = cutText(whole, width);
    const padding = ' '.repeat(Math.max(0, width - textWidth(text)));
    const shown = role === undefined ? text : style(role, text);
    const last = index === columns.length - 1;
    if (columns[index]?.align === 'right') line += padding + shown;
    else line += last ? shown : shown + padding;
    if (!last) line += GAP;
  }
  return line.trimEnd();
}
