/**
 * Characters that a terminal or an editor interprets. Line feeds and tabs are allowed, because written files contain
 * them.
 */
const UNPRINTABLE = /((?:(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}])+)/u;

/** A quoted word for a POSIX shell, of any text without NUL. A terminal that shows it interprets none of it. */
export function quote(text: string): string {
  if (/^[\w@%+:,./-]+$/.test(text)) return text;
  const words = text
    .split(UNPRINTABLE)
    .map((part, index) => (index % 2 === 0 ? quoted(part) : printed(part)));
  return words.length === 1 ? (words[0] as string) : words.filter((word) => word !== "''").join('');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The UTF-8 bytes of a text, in octal. */
function printed(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`);
  return `"$(printf '${bytes.join('')}')"`;
}

/** A command that can be pasted into a shell; words are quoted if needed. */
export function shellCommand(...words: readonly string[]): string {
  return words.map(quote).join(' ');
}

/** An option with its value, as one word if the value looks like another option: `--machine=-v`. */
export function optionWords(option: string, value: string): readonly string[] {
  return value.startsWith('-') ? [`${option}=${value}`] : [option, value];
}
