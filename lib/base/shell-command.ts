/** What a terminal or an editor acts on; line feeds and tabs stand in files that are written. */
const UNPRINTABLE = /((?:(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}])+)/u;

/** A word of a POSIX shell, whatever is in it but NUL; nothing in it acts on a terminal that shows it. */
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

/** By the bytes that it has in UTF-8, in octal. */
function printed(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`);
  return `"$(printf '${bytes.join('')}')"`;
}

/** A command that can be pasted into a shell, with every word quoted if it needs that. */
export function shellCommand(...words: readonly string[]): string {
  return words.map(quote).join(' ');
}

/** An option with its value, as one word if the value would be taken for another option: `--machine=-v`. */
export function optionWords(option: string, value: string): readonly string[] {
  return value.startsWith('-') ? [`${option}=${value}`] : [option, value];
}
