import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLParseError,
} from 'yaml';
import { type ErrorCode, PortalGunError } from './errors.ts';
import { textOfScalar } from './yaml-scalar.ts';

/** A file that a person wrote is not larger. */
const MAX_LENGTH = 1024 * 1024;
const MAX_ITEMS = 10_000;
/** The limit for a whole file with its aliases followed: a small file can expand to millions of nodes. */
const MAX_NODES = 50_000;
const MAX_TEXT = 1000;

/**
 * The contents of a YAML file: text as written (`0123` is not a number and `03:00.0` not a time), and `null` for
 * nothing.
 */
export type YamlValue = string | null | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** Keys and indices from the root of a file to a part of it. */
export type YamlPath = readonly PropertyKey[];

/** A part of a file, with its position. The position of an alias is its own, not that of its anchor. */
interface Part {
  readonly node: Node | null;
  readonly at: number;
}

/** A YAML file that a person wrote: its values, each with its position. */
export class YamlFile {
  readonly value: YamlValue;
  readonly #root: Part;
  readonly #name: string;
  readonly #code: ErrorCode;
  readonly #lines: LineCounter;
  readonly #targets: ReadonlyMap<Alias, Node | undefined>;
  #asked = 0;

  /**
   * Reads a file.
   *
   * @param name of the file, for errors
   * @throws PortalGunError `code`, with line and column, if it is too large, or not YAML 1.2
   */
  constructor(text: string, name: string, code: ErrorCode) {
    if (text.length > MAX_LENGTH) {
      throw new PortalGunError(code, 'is longer than a megabyte', { subject: name });
    }
    this.#name = name;
    this.#code = code;
    this.#lines = new LineCounter();
    // The parser compares each key of a mapping with all others, which takes minutes for a file of a megabyte. Keys that occur
    // twice are found below.
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    const [error] = document.errors;
    if (error !== undefined) this.#failAt(error.pos[0], wordsOf(error));
    this.#targets = targetsOf(document);
    this.#root = { node: document.contents, at: 0 };
    this.value = this.#wholeValue();
  }

  /** The position of a part: `policy.yaml:4:5`; if the part is missing, the position of its parent. */
  placeOf(path: YamlPath): string {
    return this.#placeAt(this.#partAt(path).at);
  }

  /** Whether there is such a part, even an empty one. */
  has(path: YamlPath): boolean {
    return this.#partAt(path).rest === 0;
  }

  /** @throws PortalGunError with the position of a part */
  fail(path: YamlPath, message: string, hint?: string): never {
    return this.#failAt(this.#partAt(path).at, message, hint);
  }

  #placeAt(at: number): string {
    const { line, col } = this.#lines.linePos(at);
    return `${this.#name}:${line}:${col}`;
  }

  #failAt(at: number, message: string, hint?: string): never {
    throw new PortalGunError(this.#code, message, {
      subject: this.#placeAt(at),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** The deepest existing part on a path, and the number of path elements that remain. */
  #partAt(path: YamlPath): Part & { readonly rest: number } {
    let part = this.#root;
    for (const [index, step] of path.entries()) {
      const next = this.#childrenOf(part).findLast(([key]) => key === String(step));
      if (next === undefined) return { ...part, rest: path.length - index };
      part = next[1];
    }
    return { ...part, rest: 0 };
  }

  #childrenOf({ node, at }: Part): readonly (readonly [key: string, part: Part, keyAt: number])[] {
    if (isSeq(node)) {
      return node.items.map((item, index) => [String(index), this.#partOf(item as Node | null, at), at]);
    }
    if (!isMap<Node, Node | null>(node)) return [];
    return node.items.map(({ key, value }) => {
      const keyPart = this.#partOf(key, at);
      return [this.#textOf(keyPart), this.#partOf(value ?? null, keyPart.at), keyPart.at];
    });
  }

  #partOf(node: Node | null, outer: number): Part {
    const at = node?.range?.[0] ?? outer;
    if (!isAlias(node)) return { node, at };
    const target = this.#targets.get(node);
    return target === undefined
      ? this.#failAt(at, 'refers to an anchor that does not exist')
      : { node: target, at };
  }

  #wholeValue(): YamlValue {
    try {
      return this.#valueOf(this.#root, new Set());
    } catch (error) {
      // Aliases can nest more deeply than the limit of the parser.
      if (error instanceof RangeError) return this.#failAt(this.#root.at, 'is nested too deeply');
      throw error;
    }
  }

  /** @param outer the enclosing nodes, which an alias could name */
  #valueOf(part: Part, outer: Set<Node>): YamlValue {
    const { node, at } = part;
    this.#asked += 1;
    if (this.#asked > MAX_NODES) this.#failAt(at, `has more than ${MAX_NODES} entries with its aliases`);
    if (node === null || (isScalar(node) && node.value === null)) return null;
    if (!isSeq(node) && !isMap(node)) return this.#textOf(part);
    if (outer.has(node)) this.#failAt(at, 'refers to an anchor that contains it');
    if (node.items.length > MAX_ITEMS) {
      this.#failAt(at, `has ${node.items.length} entries, more than ${MAX_ITEMS}`);
    }
    outer.add(node);
    const entries = new Map<string, YamlValue>();
    for (const [key, child, keyAt] of this.#childrenOf(part)) {
      // The code that reads the values would ignore it.
      if (key === '__proto__') this.#failAt(child.at, 'the key "__proto__" is not allowed');
      if (entries.has(key)) this.#failAt(keyAt, `the key "${key}" occurs twice`);
      entries.set(key, this.#valueOf(child, outer));
    }
    outer.delete(node);
    return isSeq(node) ? [...entries.values()] : Object.fromEntries(entries);
  }

  #textOf({ node, at }: Part): string {
    if (!isScalar(node) || node.value === null) return this.#failAt(at, 'must be text');
    const text = textOfScalar(node);
    return text.length <= MAX_TEXT ? text : this.#failAt(at, `is longer than ${MAX_TEXT} characters`);
  }
}

/**
 * The same error with line and column of its part, because JSON is YAML. The error itself if it has no part, or if
 * the YAML parser finds none.
 */
export function withPlace(error: PortalGunError): PortalGunError {
  const { code, message, subject, hint, cause, part } = error;
  if (part === null || subject === null) return error;
  try {
    const place = new YamlFile(part.text, subject, code).placeOf(part.path);
    return new PortalGunError(code, message, { subject: place, hint, cause });
  } catch (failure) {
    if (failure instanceof PortalGunError) return error;
    throw failure;
  }
}

/** The target of each alias: the last anchor of its name before it. */
function targetsOf(document: Document.Parsed): ReadonlyMap<Alias, Node | undefined> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Alias(_, alias) {
      targets.set(alias, anchors.get(alias.source));
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** The message of the parser, unless it is for a programmer. */
function wordsOf({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'contains more than one document';
  return /call stack/.test(message) ? 'is nested too deeply' : message;
}
