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
  for (const [, blanks = '', word = ''] of text.matchAll(/( *)([^ ]+)/g)) {
    const longer = line === '' ? word : line + blanks + word;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = breakWord(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

function breakWord(word: string, width: number): readonly string[] {
  if (textWidth(word) <= width) return [word];
  const fitting = beginningOf(word, width);
  // A character that is wider than a line can't be broken.
  const piece = fitting.slice(0, fitting.lastIndexOf('/') + 1) || fitting || [...word].slice(0, 1).join('');
  return [piece, ...breakWord(word.slice(piece.length), width)];
}
