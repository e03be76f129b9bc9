import { beginningOf } from './cut-text.ts';
import textWidth from './text-width.ts';

/**
 * Text in lines of at most `width`, broken at spaces; a word that is longer than a line is broken after a slash, or
 * anywhere if it has none. One line if `width` is `null`.
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
    // A character that is wider than a line cannot be broken.
    const piece = fitting.slice(0, fitting.lastIndexOf('/') + 1) || fitting || [...rest].slice(0, 1).join('');
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return rest === '' ? pieces : [...pieces, rest];
}

/** Text with a hanging indent after a label: `  Driver   e1000e (modules: …`. */
export interface HangingText {
  /** The label on the first line, including styles and the spaces after it. */
  readonly start: string;
  /** The width of `start` without its styles. */
  readonly startWidth: number;
  readonly text: string;
  /** The indentation of the text on its own lines, if too little of the line is left after `start`. */
  readonly indent: number;
  /** The width of the terminal; `null` for no limit. */
  readonly width: number | null;
  /** Styles a line of the text. */
  readonly paint?: (line: string) => string;
}

/** Lines with only a few words each are hard to read. */
const LEAST_ROOM = 24;

/** The lines of hanging text, each further one below the start of the first. */
export function hangText({ start, startWidth, text, indent, width, paint = String }: HangingText): string {
  const room = width === null ? Number.POSITIVE_INFINITY : width - startWidth;
  const behind = room >= LEAST_ROOM || textWidth(text) <= room;
  const at = behind ? startWidth : indent;
  const [first = '', ...more] = wrapText(text, width === null ? null : width - at).map(paint);
  const below = (behind ? more : [first, ...more]).map((line) => ' '.repeat(at) + line);
  return [behind ? start + first : start.trimEnd(), ...below].join('\n');
}
