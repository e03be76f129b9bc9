import type { XmlDocument } from './xml-document.ts';
import type { XmlElement } from './xml-element.ts';

/** A range of a document's text that is replaced; for an insertion, `start` and `end` are equal. */
export interface XmlEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text of a document with edits applied, and every other byte unchanged.
 *
 * @param edits in any order, without overlaps
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

/** Removes an element, and the line that would be empty. */
export function removeElement({ text }: XmlDocument, { start, end }: XmlElement): XmlEdit {
  const before = /\n[\t ]*$/.exec(text.slice(0, start));
  const isLast = /^[\t ]*(\r?\n|$)/.test(text.slice(end));
  return before !== null && isLast
    ? { start: start - before[0].length, end, text: '' }
    : { start, end, text: '' };
}

/** Replaces an element with lines, indented as it was. */
export function replaceElement(
  { text }: XmlDocument,
  { start, end }: XmlElement,
  lines: readonly string[],
): XmlEdit {
  return { start, end, text: lines.join(`\n${indentationAt(text, start)}`) };
}

/** Removes the contents of an element, which is then written as libvirt writes an empty one: `<name/>`. */
export function emptyElement({ text }: XmlDocument, { content, end }: XmlElement): XmlEdit {
  if (content === null) return { start: end, end, text: '' };
  const start = text.lastIndexOf('>', content.start - 1);
  return { start, end, text: '/>' };
}

/**
 * Adds elements as the last children of another, with the indentation of its children.
 *
 * @param lines of the new elements, without their common indentation
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

/** The whitespace at the start of a line, if there is nothing else before an offset. */
function indentationAt(text: string, offset: number): string {
  return /(?:^|\n)([\t ]*)$/.exec(text.slice(0, offset))?.[1] ?? '';
}
