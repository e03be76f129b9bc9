import textWidth from './text-width.ts';

/** Cuts text to a width, with an ellipsis if something is missing; empty if there is no room for the ellipsis. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? '' : `${beginningOf(text, width - 1).trimEnd()}…`;
}

/** The longest prefix of text within a width, including the combining marks at its end. */
export function beginningOf(text: string, width: number): string {
  let taken = '';
  let room = width;
  for (const character of text) {
    room -= textWidth(character);
    if (room < 0) break;
    taken += character;
  }
  return taken;
}
