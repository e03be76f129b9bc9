import { XMLValidator } from 'fast-xml-parser';
import { PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import type { XmlElement } from './xml-element.ts';

/** The limit for a document: the largest documents of libvirt, those of VMs, have some hundred kilobytes. */
export const MAX_XML_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 100;
const MAX_ELEMENTS = 500_000;

/** Everything that begins with `<`, in a well-formed text. */
const MARKUP =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([^\s/>]+)((?:"[^"]*"|'[^']*'|[^"'>])*)>/g;
const ATTRIBUTE = /([^\s=/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+))?;?/g;
const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);
/** Characters that XML cannot contain in any form: controls, unpaired surrogates, and noncharacters. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A parsed document: its original text, and its root element. */
export interface XmlDocument {
  readonly text: string;
  /** Of the file or command, for errors. */
  readonly name: string;
  readonly root: XmlElement;
}

/**
 * Reads a document in the form of libvirt: XML 1.0 in UTF-8 without a document type, so only with the five entities
 * of XML.
 *
 * @param raw the original bytes, or text
 * @param name of the file or command it is from, for errors
 * @throws PortalGunError BAD_XML, with line and column: it is not well formed, has another encoding, is too large, or
 * has
 *   a document type
 */
export function parseXml(raw: Uint8Array | string, name: string): XmlDocument {
  if (raw.length > MAX_XML_BYTES)
    throw new PortalGunError('BAD_XML', 'is longer than 16 MiB', { subject: name });
  const text = typeof raw === 'string' ? raw : decode(raw, name);
  checkText(text, name);
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) {
    const { line, col = 1, msg } = verdict.err;
    throw new PortalGunError('BAD_XML', `is not well formed: ${escapeControls(asClause(msg))}`, {
      subject: `${name}:${line}:${col}`,
    });
  }
  return { text, name, root: new XmlReader(text, name).read() };
}

/** The position of a part of a document: `router.xml:4:7`. */
export function placeInXml({ text, name }: Pick<XmlDocument, 'text' | 'name'>, offset: number): string {
  const before = text.slice(0, offset);
  return `${name}:${before.split('\n').length}:${offset - before.lastIndexOf('\n')}`;
}

/** @throws PortalGunError BAD_XML at an offset of a document */
export function failInXml(
  document: Pick<XmlDocument, 'text' | 'name'>,
  offset: number,
  message: string,
  hint?: string,
): never {
  throw new PortalGunError('BAD_XML', message, {
    subject: placeInXml(document, offset),
    ...(hint === undefined ? {} : { hint }),
  });
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Latin 1 has a character for each byte, so offsets in it are those of the bytes.
    const text = Buffer.from(bytes).toString('latin1');
    return failInXml({ text, name }, firstBadByte(bytes), 'is not UTF-8', 'store it as UTF-8');
  }
}

/** The end of the longest valid UTF-8 prefix. */
function firstBadByte(bytes: Uint8Array): number {
  const decodes = (length: number, stream: boolean): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle, true)) good = middle;
    else bad = middle;
  }
  // In streaming mode it may end in the middle of a character.
  while (!decodes(good, false)) good -= 1;
  return good;
}

/** The errors that the validator does not find. */
function checkText(text: string, name: string): void {
  const source = { text, name };
  const bad = NOT_XML.exec(text);
  if (bad !== null) failInXml(source, bad.index, 'has a character that XML does not allow');
  const encoding = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) {
    failInXml(source, 0, `has the encoding ${escapeControls(encoding)}, but only UTF-8 is supported`);
  }
  for (const { 0: markup, index } of text.matchAll(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<!/g)) {
    // After the opening dashes, the only ones are those at its end.
    if (markup.startsWith('<!--') && markup.slice(4, -2).includes('--')) {
      failInXml(source, index, 'has -- in a comment');
    }
    if (markup !== '<!') continue;
    failInXml(source, index, 'has a document type, or a comment without an end', 'remove it');
  }
}

function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly start: number;
  readonly contentStart: number;
  readonly children: XmlElement[];
  /** The prefixes that names in it can have. */
  readonly prefixes: ReadonlySet<string>;
  text: string;
}

/** The prefixes that exist in every document. */
const OWN_PREFIXES: ReadonlySet<string> = new Set(['xml', 'xmlns']);
const DECLARATION = 'xmlns:';

/** Creates elements from a text that the validator accepted, and rejects invalid text that it does not find. */
class XmlReader {
  readonly #text: string;
  readonly #name: string;
  readonly #open: OpenElement[] = [];
  #root: XmlElement | undefined;
  #elements = 0;

  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
  }

  read(): XmlElement {
    let at = 0;
    for (const match of this.#text.matchAll(MARKUP)) {
      const [markup, cdata, slash, name, inTag = ''] = match;
      this.#addText(at, match.index);
      at = match.index + markup.length;
      const open = this.#open.at(-1);
      if (cdata !== undefined && open === undefined) this.#fail(match.index, 'has text outside its element');
      if (cdata !== undefined && open !== undefined) open.text += cdata;
      if (name === undefined) continue;
      if (slash === '/') this.#close(match.index, at);
      else this.#begin(name, inTag, match.index, at);
    }
    this.#addText(at, this.#text.length);
    return this.#root ?? this.#fail(0, 'has no element');
  }

  #begin(name: string, inTag: string, start: number, contentStart: number): void {
    this.#elements += 1;
    if (this.#root !== undefined && this.#open.length === 0)
      this.#fail(start, 'has a second element at its top');
    if (this.#open.length >= MAX_DEPTH) this.#fail(start, `is more than ${MAX_DEPTH} elements deep`);
    if (this.#elements > MAX_ELEMENTS) this.#fail(start, `has more than ${MAX_ELEMENTS} elements`);
    const at = start + 1 + name.length;
    const attributes = new Map<string, string>();
    for (const { 0: all, 1: key = '', 2: double, 3: single, index } of inTag.matchAll(ATTRIBUTE)) {
      const raw = double ?? single ?? '';
      const valueAt = at + index + all.length - raw.length - 1;
      if (raw.includes('<')) this.#fail(valueAt + raw.indexOf('<'), 'has a < in an attribute');
      attributes.set(key, this.#resolve(raw.replace(/\r\n|[\t\n\r]/g, ' '), valueAt));
    }
    const prefixes = this.#prefixesIn(attributes);
    for (const each of [name, ...attributes.keys()]) {
      const prefix = each.slice(0, Math.max(0, each.indexOf(':')));
      if (each.includes(':') && !prefixes.has(prefix)) {
        this.#fail(start, `has a prefix without a declaration: ${escapeControls(prefix)}`);
      }
    }
    this.#open.push({ name, attributes, start, contentStart, children: [], prefixes, text: '' });
    if (inTag.endsWith('/')) this.#close(null, contentStart);
  }

  #prefixesIn(attributes: ReadonlyMap<string, string>): ReadonlySet<string> {
    const above = this.#open.at(-1)?.prefixes ?? OWN_PREFIXES;
    const declared = [...attributes.keys()].filter((key) => key.startsWith(DECLARATION));
    if (declared.length === 0) return above;
    return new Set([...above, ...declared.map((key) => key.slice(DECLARATION.length))]);
  }

  /** @param contentEnd `null` for an empty element of the form `<name/>` */
  #close(contentEnd: number | null, end: number): void {
    const open = this.#open.pop() ?? this.#fail(end, 'has an end without a beginning');
    const { name, attributes, children, text, start, contentStart } = open;
    const content = contentEnd === null ? null : { start: contentStart, end: contentEnd };
    const element: XmlElement = { name, attributes, children, text, start, end, content };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #addText(start: number, end: number): void {
    const raw = this.#text.slice(start, end);
    const open = this.#open.at(-1);
    const stray = raw.indexOf(']]>');
    if (stray >= 0) this.#fail(start + stray, 'has ]]> outside a CDATA section');
    if (open !== undefined) open.text += this.#resolve(raw.replaceAll(/\r\n?/g, '\n'), start);
    else if (raw.replace(/^\ufeff/, '').trim() !== '') this.#fail(start, 'has text outside its element');
  }

  #resolve(raw: string, at: number): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(REFERENCE, (reference, decimal, hex, named, offset: number) => {
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      const character = Number.isNaN(code) ? NAMED.get(named) : characterOf(code);
      if (character === undefined || !reference.endsWith(';')) {
        this.#fail(at + offset, `has a reference that is not known: ${reference}`);
      }
      return character;
    });
  }

  #fail(offset: number, message: string): never {
    failInXml({ text: this.#text, name: this.#name }, offset, message);
  }
}

function characterOf(code: number): string | undefined {
  if (code > 0x10ffff) return undefined;
  const character = String.fromCodePoint(code);
  return NOT_XML.test(character) ? undefined : character;
}
