import { closest, distance } from 'fastest-levenshtein';

// Controls, and the format characters that reorder or hide text on a terminal.
const PLAIN = /^[ -~]*$/;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Makes text from hardware or files safe to print: what a terminal would act on becomes
 * `\xNN` or `\u{NNNN}`.
 */
export function escapeControls(raw: string): string {
  if (PLAIN.test(raw)) return raw;
  return raw.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

// What JSON leaves as it is, of the same; and all that may be among it.
const BEYOND_ASCII = /[^\n -~]/;
const UNPRINTABLE_IN_JSON = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A value as JSON that no terminal acts on: what {@link escapeControls} escapes is `\uNNNN` here. */
export function formatJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  // Nearly all text is plain, and a look at it costs a tenth of a replacement.
  if (!BEYOND_ASCII.test(text)) return text;
  return text.replace(UNPRINTABLE_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** The candidate that `word` was most likely meant to be, or undefined when none is near. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length > 64) return undefined;
  const best = closest(word, [...candidates]);
  // Letters that changed places are two edits.
  const near = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  return distance(word, best) <= near ? best : undefined;
}

/** `1 device`, `2 devices`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** Bytes as a person reads them, exact where the size is a power of two: `128 KiB`. */
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

/** A span of time for a person, not less than it is: `60 s`, `5 min`. */
export function formatSpan(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds > 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
