import type { XmlDocument } from './xml-document.ts';
import type { XmlElement } from './xml-element.ts';

/** A stretch of a document's text that is replaced; `start` and `end` are equal where something is only put in. */
export interface XmlEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text of a document with edits made, and every other byte as it was.
 *
 * @param edits in any order; none may overlap another
 */
export function applyEdits(document: XmlDocument, edits: readonly XmlEdit[]): string {
  const inOrder = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  let text = '';
  for (const edit of inOrder) {
    if (edit.start < at) throw new RangeError('edits overlap');
    text += document.text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + document.text.slice(at);
}

/** Takes an element away, and the line that it leaves empty. */
export function removeElement({ text }: XmlDocument, { start, end }: XmlElement): XmlEdit {
  const before = /\n[\t ]*$/.exec(text.slice(0, start));
  const isLast = /^[\t ]*(\r?\n|$)/.test(text.slice(end));
  return before !== null && isLast
    ? { start: start - before[0].length, end, text: '' }
    : { start, end, text: '' };
}

/** Puts lines in an element's place, indented as it was. */
export function replaceElement(
  { text }: XmlDocument,
  { start, end }: XmlElement,
  lines: readonly string[],
): XmlEdit {
  return { start, end, text: lines.join(`\n${indentationAt(text, start)}`) };
}

/** Takes away all that is in an element, which is then written as libvirt writes one that is empty: `<name/>`. */
export function emptyElement({ text }: XmlDocument, { content, end }: XmlElement): XmlEdit {
  if (content === null) return { start: end, end, text: '' };
  const start = text.lastIndexOf('>', content.start - 1);
  return { start, end, text: '/>' };
}

/**
 * Puts elements in as the last of another, indented as those that are in it.
 *
 * @param lines of what is put in, without the indentation that all have in common
 */
export function appendLines(document: XmlDocument, parent: XmlElement, lines: readonly string[]): XmlEdit {
  const { text } = document;
  const outer = indentationAt(text, parent.start);
  const first = parent.children[0];
  const inner = first === undefined ? `${outer}  ` : indentationAt(text, first.start);
  const block = lines.map((line) => `\n${inner}${line}`).join('');
  if (parent.content === null) {
    const slash = text.lastIndexOf('/', parent.end);
    return { start: slash, end: parent.end, text: `>${block}\n${outer}</${parent.name}>` };
  }
  const { start, end } = parent.content;
  const lastLine = /\r?\n[\t ]*$/.exec(text.slice(start, end));
  const at = lastLine === null ? end : start + lastLine.index;
  return { start: at, end: at, text: lastLine === null ? `${block}\n${outer}` : block };
}

/** The white space that a line begins with, where nothing else is before an offset on it. */
function indentationAt(text: string, offset: number): string {
  return /(?:^|\n)([\t ]*)$/.exec(text.slice(0, offset))?.[1] ?? '';
}
