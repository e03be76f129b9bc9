import { beginningOf } from './cut-text.ts';
import textWidth from './text-width.ts';

/**
 * Text in lines of no more than `width`, broken at blanks; a word that is longer than a line is broken behind a
 * slash, or anywhere where it has none. The text as one line where `width` is `null`.
 */
export function wrapText(text: string, width: number | null): readonly string[] {
  if (width === null || textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let blanks = '';
  for (const token of text.split(/( +)/)) {
    const longer = line === '' ? token : line + blanks + token;
    if (token.startsWith(' ')) blanks = token;
    else if (textWidth(longer) <= width) line = longer;
    else {
      const pieces = breakWord(token, width);
      lines.push(...(line === '' ? [] : [line]), ...pieces.slice(0, -1));
      line = pieces.at(-1) ?? '';
    }
  }
  return [...lines, line];
}

function breakWord(word: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let rest = word;
  for (let fitting = beginningOf(rest, width); fitting !== rest; fitting = beginningOf(rest, width)) {
    // A character that is wider than a line can't be broken.
    const piece = fitting.slice(0, fitting.lastIndexOf('/') + 1) || fitting || [...rest].slice(0, 1).join('');
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return rest === '' ? pieces : [...pieces, rest];
}

/** Text that hangs on what stands before it: `  Driver   e1000e (modules: …`. */
export interface HangingText {
  /** What stands on the first line before the text, colours and the blanks between them included. */
  readonly start: string;
  /** The width of `start` without its colours. */
  readonly startWidth: number;
  readonly text: string;
  /** Where the text begins on lines of its own where too little of the line is left behind `start`. */
  readonly indent: number;
  /** Columns of the terminal; `null` where lines may be as long as they need. */
  readonly width: number | null;
  /** Gives a line of the text its look. */
  readonly paint?: (line: string) => string;
}

/** Lines of less than a few words each are hard to read. */
const LEAST_ROOM = 24;

/** The lines of hanging text, each further one below where the first begins. */
export function hangText({ start, startWidth, text, indent, width, paint = String }: HangingText): string {
  const room = width === null ? Number.POSITIVE_INFINITY : width - startWidth;
  const behind = room >= LEAST_ROOM || textWidth(text) <= room;
  const at = behind ? startWidth : indent;
  const [first = '', ...more] = wrapText(text, width === null ? null : width - at).map(paint);
  const below = (behind ? more : [first, ...more]).map((line) => ' '.repeat(at) + line);
  return [behind ? start + first : start.trimEnd(), ...below].join('\n');
}
