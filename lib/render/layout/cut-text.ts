import textWidth from './text-width.ts';

/** Cuts text to a width, with an ellipsis where something is missing; nothing where there is no room for that. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? '' : `${beginningOf(text, width - 1).trimEnd()}…`;
}

/** The longest beginning of text that takes no more than a width, with all marks that combine with its end. */
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
