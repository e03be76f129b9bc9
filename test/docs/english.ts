/** The prose of a Markdown document: no fenced blocks, no code, no targets of links, not the table of banned phrases. */
export function prose(markdown: string): string {
  return withoutBannedTable(markdown)
    .replace(/^ *```[^\n]*\n[\s\S]*?^ *```$/gm, '')
    .replace(/`[^`]*`/g, 'CODE')
    .replace(/\]\([^)]*\)/g, ']');
}

/** The prose of a comment: no code, and no names of parameters. */
export function commentProse(comment: string): string {
  return comment
    .replace(/^ {4}.*$/gm, '')
    .replace(/`[^`]*`/g, 'CODE')
    .replace(/@param \w+/g, '');
}

/** The part of a changelog that is not released yet. */
export function unreleased(changelog: string): string {
  const [, rest = ''] = changelog.split(/^## \[Unreleased\]$/m);
  return rest.split(/^## /m)[0] ?? '';
}

const TABLE_HEAD = '| do not write | write |\n|---|---|\n';

function withoutBannedTable(markdown: string): string {
  const [before = '', after] = markdown.split(TABLE_HEAD);
  return after === undefined ? before : before + after.replace(/^(?:\|[^\n]*\n)+/, '');
}

/** The phrases of the table in CONTRIBUTING.md that must not be written. */
export function bannedPhrasesOf(contributing: string): readonly string[] {
  const table = contributing.split(TABLE_HEAD)[1]?.match(/^(?:\|[^\n]*\n)+/)?.[0] ?? '';
  return table
    .trim()
    .split('\n')
    .flatMap((row) => row.split('|')[1]?.split(',') ?? [])
    .map((phrase) => phrase.trim());
}

/** The banned phrases that a text contains, whatever their case and the breaks of lines in them. */
export function phrasesIn(text: string, banned: readonly string[]): readonly string[] {
  const plain = text.replace(/\s+/g, ' ').toLowerCase();
  return banned.filter((phrase) => {
    const escaped = phrase.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`).test(plain);
  });
}

/** How often words occur in 1,000 words of a text, and how many words it has. */
export function wordRates<W extends string>(
  text: string,
  words: readonly W[],
): Readonly<Record<W | 'words', number>> {
  const all = text.toLowerCase().match(/[a-z][a-z'’-]*/g) ?? [];
  const rates = words.map((word) => [word, (1000 * all.filter((each) => each === word).length) / all.length]);
  return { ...Object.fromEntries(rates), words: all.length };
}
