/** The content of a file: a text, bytes, or a long text in pieces, which are generated again for each use. */
export type FileContent = string | Uint8Array | (() => Iterable<string>);

const PART_CHARACTERS = 1024 * 1024;

/** The bytes of a file, in parts, so that only one piece is in memory. */
export function* partsOf(content: FileContent): Generator<Uint8Array, undefined> {
  if (typeof content !== 'function') {
    yield typeof content === 'string' ? Buffer.from(content) : content;
    return undefined;
  }
  let text = '';
  for (const piece of content()) {
    text += piece;
    if (text.length < PART_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
  return undefined;
}

/** Whether a file holds just this. */
export function isContent(bytes: Buffer, content: FileContent): boolean {
  let at = 0;
  for (const part of partsOf(content)) {
    if (!bytes.subarray(at, at + part.length).equals(part)) return false;
    at += part.length;
  }
  return at === bytes.length;
}
