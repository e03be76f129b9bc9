import {
  isCollection,
  isMap,
  isPair,
  type Node,
  type Pair,
  type Range,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/*
 * Places in the text of a YAML file. The end of a block in the tree of the parser includes the comments and line breaks behind it; the
 * ends here do not.
 */

/** A collection that the parser read. */
export type ParsedCollection = (YAMLMap<Node, Node | null> | YAMLSeq<Node>) & { range: Range };

/** The value of an entry of a mapping, or an item of a list. */
export function nodeOf(item: Pair | Node | undefined): Node | null {
  return (isPair(item) ? (item.value as Node | null) : item) ?? null;
}

/** The start of an entry: of its key, or of the dash of an item. */
export function entryStart(text: string, item: Pair | Node, collection: ParsedCollection): number {
  const node = isPair(item) ? (item.key as Node) : item;
  const start = node.range?.[0] ?? 0;
  return isMap(collection) || collection.flow === true ? start : text.lastIndexOf('-', start - 1);
}

/** The end of the text of an entry. */
export function endOf(item: Pair | Node): number {
  const node = nodeOf(item) ?? (isPair(item) ? (item.key as Node) : null);
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1) as Pair | Node | undefined;
    if (last !== undefined) return endOf(last);
  }
  return node?.range?.[1] ?? 0;
}

export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** The start of the next line; the place itself if it starts a line. */
export function endOfLine(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

/** Whether only blanks are in front of a place in its line. */
export function startsLine(text: string, at: number): boolean {
  return text.slice(lineStart(text, at), at).trim() === '';
}

/** The indentation of the line of a place. */
export function indentAt(text: string, at: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, at), at))?.[0] ?? '';
}

export function isBlank(character: string | undefined): boolean {
  return character === undefined || /\s/.test(character);
}

export function lineBreakOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
