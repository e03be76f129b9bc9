import { closest, distance } from 'fastest-levenshtein';

// Controls, and the format characters that reorder or hide text on a terminal.
const PLAIN = /^[ -~]*$/;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Makes text from hardware or files safe to print: a character that a terminal interprets becomes `\xNN` or
 * `\u{NNNN}`.
 */
export function escapeControls(raw: string): string {
  if (PLAIN.test(raw)) return raw;
  return raw.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

// The characters that JSON does not escape, although a terminal may interpret some of them.
const BEYOND_ASCII = /[^\n -~]/;
const UNPRINTABLE_IN_JSON = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A value as JSON that no terminal interprets: the characters of {@link escapeControls} are written as `\uNNNN`. */
export function formatJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  // Nearly all text is plain, and this test costs a tenth of a replacement.
  if (!BEYOND_ASCII.test(text)) return text;
  return text.replace(UNPRINTABLE_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** The candidate that `word` most likely means; undefined if none is similar. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length > 64) return undefined;
  const first = closest(word, [...candidates]);
  const edits = distance(word, first);
  // Of several words, the one with the same first letter: `lsit` is `list`, not `set`.
  const equals = candidates.filter((each) => distance(word, each) === edits);
  const best = equals.find((each) => each[0] === word[0]) ?? first;
  // Two swapped letters are two edits.
  const near = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  return edits <= near ? best : undefined;
}

/** `1 device`, `2 devices`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A size for a user, exact if it is a power of two: `128 KiB`. */
export function formatSize(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let size = sizeBytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(size) ? size : size.toFixed(1)} ${units[unit]}`;
}

/** A time span for a user, rounded up: `60 s`, `5 min`. */
export function formatSpan(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds > 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
