import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import {
  endOf,
  endOfLine,
  entryStart,
  indentAt,
  isBlank,
  lineBreakOf,
  lineStart,
  nodeOf,
  type ParsedCollection,
  startsLine,
} from './yaml-places.ts';
import { textOfScalar } from './yaml-scalar.ts';

/*
 * Changes of a YAML or JSON file of a user by its text: the parser finds the place, and all other bytes stay. A caller
 * has to read the result and compare its values, because a file can have forms that are not known here.
 */

/** How new parts are written. */
export type EditedForm = 'yaml' | 'json';

/** A value with the mappings and lists around it that the file does not have yet. */
type NewPart = string | readonly NewPart[] | { readonly [key: string]: NewPart };

interface Surroundings {
  readonly form: EditedForm;
  /** Whether it is between brackets. */
  readonly inFlow: boolean;
}

/**
 * The text of a file with another value. Mappings and lists that are missing are created; an index that is the length
 * of a list appends to it.
 *
 * @param path keys, and indices as text
 * @returns `null` if the value cannot be changed alone, for example because it is an alias
 */
export function withValue(
  text: string,
  path: readonly string[],
  value: string,
  form: EditedForm,
): string | null {
  let node: Node | null = rootOf(text);
  let inFlow = form === 'json';
  for (const [index, step] of path.entries()) {
    if (node === null || isAlias(node) || node.anchor !== undefined) return null;
    if (!isCollection(node)) return replaced(text, node, newPart(path.slice(index), value), { form, inFlow });
    inFlow ||= node.flow === true;
    const collection = node as ParsedCollection;
    const at = indexIn(collection, step);
    if (at === -1) {
      return inserted(text, collection, step, newPart(path.slice(index + 1), value), { form, inFlow });
    }
    node = nodeOf(collection.items[at]);
  }
  return node === null || isAlias(node) || isCollection(node) || node.anchor !== undefined
    ? null
    : replaced(text, node, value, { form, inFlow });
}

/**
 * The text of a file without a part. The mapping or list that it was in stays, even if it is empty then.
 *
 * @returns `null` if the part cannot be removed alone, for example because of a comment inside of it
 */
export function withoutPart(text: string, path: readonly string[]): string | null {
  let node: Node | null = rootOf(text);
  for (const [depth, step] of path.entries()) {
    if (!isCollection(node) || node.anchor !== undefined) return null;
    const collection = node as ParsedCollection;
    const at = indexIn(collection, step);
    if (at === -1) return null;
    if (depth === path.length - 1) return removed(text, collection, at, depth === 0);
    node = nodeOf(collection.items[at]);
  }
  return null;
}

function rootOf(text: string): Node | null {
  return parseDocument(text, { prettyErrors: false }).contents;
}

function indexIn(collection: ParsedCollection, step: string): number {
  if (!isMap(collection)) return Number(step) < collection.items.length ? Number(step) : -1;
  return collection.items.findIndex(({ key }) => isScalar(key) && textOfScalar(key) === step);
}

function newPart([first, ...rest]: readonly string[], value: string): NewPart {
  if (first === undefined) return value;
  const inner = newPart(rest, value);
  return first === '0' ? [inner] : { [first]: inner };
}

/** The text with another node in place of one that is no collection. */
function replaced(text: string, node: Node, part: NewPart, around: Surroundings): string | null {
  const [start, end] = node.range ?? [0, 0];
  const old = isScalar(node) ? node : null;
  const written = typeof part === 'string' ? scalarText(part, old, around) : partText(part, around);
  const before = isBlank(text[start - 1]) ? '' : ' ';
  const after = text[end - 1] === '\n' && end > start ? lineBreakOf(text) : text[end] === '#' ? ' ' : '';
  return `${text.slice(0, start)}${before}${written}${after}${text.slice(end)}`;
}

function inserted(
  text: string,
  collection: ParsedCollection,
  key: string,
  part: NewPart,
  around: Surroundings,
): string | null {
  const name = around.form === 'json' ? JSON.stringify(key) : key;
  const entry = (written: string): string => (isMap(collection) ? `${name}: ${written}` : written);
  const lineBreak = lineBreakOf(text);
  const last = collection.items.at(-1);
  const [start] = collection.range;
  if (last === undefined) return intoEmpty(text, collection, around, (inner) => entry(inner(part)));
  const end = endOf(last);
  if (collection.flow === true) {
    const isOwnLine = startsLine(text, entryStart(text, last, collection));
    const indent = indentAt(text, entryStart(text, last, collection));
    const written = isOwnLine ? ownLines(text, part, indent, around) : partText(part, around);
    const between = isOwnLine ? `,${lineBreak}${indent}` : ', ';
    return `${text.slice(0, end)}${between}${entry(written)}${text.slice(end)}`;
  }
  const column = start - lineStart(text, start);
  const at = behindComments(text, endOfLine(text, end), column);
  const isOpen = at > 0 && text[at - 1] !== '\n';
  const line = `${' '.repeat(column)}${isMap(collection) ? '' : '- '}${entry(partText(part, around))}`;
  return `${text.slice(0, at)}${isOpen ? lineBreak : ''}${line}${isOpen ? '' : lineBreak}${text.slice(at)}`;
}

/** Comments that are indented more belong to the entry above them. */
function behindComments(text: string, start: number, column: number): number {
  const [, indent = ''] = /^( *)#/.exec(text.slice(start, start + 1000)) ?? [];
  return indent.length > column
    ? behindComments(text, endOfLine(text, start + indent.length), column)
    : start;
}

function intoEmpty(
  text: string,
  collection: ParsedCollection,
  around: Surroundings,
  entry: (written: (part: NewPart) => string) => string,
): string | null {
  const [start, end] = collection.range;
  if (text.slice(start + 1, end - 1).trim() !== '') return null;
  const [open, close] = isMap(collection) ? ['{', '}'] : ['[', ']'];
  const unit = unitOf(text);
  if (around.form === 'json' && unit !== '') {
    const indent = indentAt(text, start);
    const lineBreak = lineBreakOf(text);
    const inner = entry((part) => ownLines(text, part, `${indent}${unit}`, around));
    const whole = `${open}${lineBreak}${indent}${unit}${inner}${lineBreak}${indent}${close}`;
    return `${text.slice(0, start)}${whole}${text.slice(end)}`;
  }
  const pad = isMap(collection) ? ' ' : '';
  const inner = entry((part) => partText(part, { ...around, inFlow: true }));
  return `${text.slice(0, start)}${open}${pad}${inner}${pad}${close}${text.slice(end)}`;
}

/** A part whose entry has lines of its own: in JSON, its own entries have them, too. */
function ownLines(text: string, part: NewPart, indent: string, around: Surroundings): string {
  if (around.form !== 'json') return partText(part, around);
  const written = JSON.stringify(jsonPart(part), null, unitOf(text));
  return written.replaceAll('\n', `${lineBreakOf(text)}${indent}`);
}

/** The indentation of a step in a file between brackets; empty if its first entry is not on its own line. */
function unitOf(text: string): string {
  return /^\s*\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '';
}

function removed(text: string, collection: ParsedCollection, index: number, isRoot: boolean): string | null {
  const { items } = collection;
  const item = items[index] as Pair | Node;
  const [start, end] = [entryStart(text, item, collection), endOf(item)];
  const next = items[index + 1];
  const previous = items[index - 1];
  const cut = (from: number, to: number, by = ''): string => `${text.slice(0, from)}${by}${text.slice(to)}`;
  const hasComment = (from: number, to: number): boolean => /(^|\s)#/.test(text.slice(from, to));
  if (items.length === 1 && !(isRoot && collection.flow !== true)) {
    const [from] = collection.range;
    const to = collection.flow === true ? collection.range[1] : end;
    if (hasComment(from, start) || hasComment(end, to)) return null;
    const empty = isMap(collection) ? '{}' : '[]';
    const lead = collection.flow === true ? '' : (/:\s*$/.exec(text.slice(0, from))?.[0] ?? '');
    const tail = text[to - 1] === '\n' ? lineBreakOf(text) : '';
    return cut(from - lead.length, to, `${lead === '' ? '' : ': '}${empty}${tail}`);
  }
  if (collection.flow !== true && startsLine(text, start))
    return cut(lineStart(text, start), endOfLine(text, end));
  if (next !== undefined) {
    const to = entryStart(text, next, collection);
    return hasComment(end, to) ? null : cut(start, to);
  }
  if (previous === undefined) return cut(start, end);
  return hasComment(endOf(previous), start) ? null : cut(endOf(previous), end);
}

function partText(part: NewPart, around: Surroundings): string {
  if (around.form === 'json') return JSON.stringify(jsonPart(part));
  if (typeof part === 'string') return scalarText(part, null, around);
  const inner = { ...around, inFlow: true };
  if (isList(part)) return `[${part.map((item) => partText(item, inner)).join(', ')}]`;
  return `{ ${Object.entries(part)
    .map(([key, item]) => `${key}: ${partText(item, inner)}`)
    .join(', ')} }`;
}

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

function jsonPart(part: NewPart): Json {
  if (typeof part === 'string') return JSON_LITERAL.test(part) ? (JSON.parse(part) as Json) : part;
  if (isList(part)) return part.map(jsonPart);
  return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, jsonPart(item)]));
}

/** Numbers and flags: what JSON has without quotes, and reads back as the same text. */
const JSON_LITERAL = /^(0|[1-9]\d{0,14}|true|false)$/;

function isList(part: object): part is readonly NewPart[] {
  return Array.isArray(part);
}

/** A scalar in the style of the one before it, or without quotes if that is possible. */
function scalarText(value: string, old: Scalar | null, { form, inFlow }: Surroundings): string {
  const isQuoted = old?.type === 'QUOTE_DOUBLE';
  if (form === 'json') return !isQuoted && JSON_LITERAL.test(value) ? value : JSON.stringify(value);
  if (old?.type === 'QUOTE_SINGLE') return `'${value.replaceAll("'", "''")}'`;
  return !isQuoted && isPlain(value, inFlow) ? value : JSON.stringify(value);
}

/** Whether text without quotes is read as this text. */
function isPlain(value: string, inFlow: boolean): boolean {
  const { contents, errors, warnings } = parseDocument(inFlow ? `[${value}]` : `- ${value}\n`);
  if (errors.length + warnings.length > 0 || !isCollection(contents) || contents.items.length !== 1) {
    return false;
  }
  const [item] = contents.items;
  return isScalar(item) && item.type === 'PLAIN' && item.value !== null && item.source === value;
}
