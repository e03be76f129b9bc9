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
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import { type ErrorCode, PortalGunError } from './errors.ts';
import { suggest } from './text.ts';

/** More is not read: a person wrote it. */
const MAX_LENGTH = 1024 * 1024;
const MAX_ITEMS = 10_000;
/** Of a whole file, aliases followed: a small one can mean millions. */
const MAX_NODES = 50_000;
const MAX_TEXT = 1000;

/** What every part of one file has in common. */
interface Source {
  readonly name: string;
  readonly lines: LineCounter;
  readonly code: ErrorCode;
  resolve(node: Node): Node | undefined;
  /** How many parts were asked for so far. */
  asked: number;
}

/**
 * A part of a YAML file that a person wrote, asked for what it is to be. Where it is something else, the error says so
 * with line and column. Text stays as it was written: `0123` is no number and `03:00.0` no time.
 */
export class YamlNode {
  readonly #node: Node | null;
  readonly #source: Source;
  readonly #at: number;

  private constructor(node: Node | null, at: number, source: Source) {
    this.#node = node;
    this.#at = at;
    this.#source = source;
  }

  /**
   * Reads a file.
   *
   * @param name of the file, for errors
   * @throws PortalGunError `code` where it is too large, or no YAML 1.2
   */
  static parse(text: string, name: string, code: ErrorCode): YamlNode {
    if (text.length > MAX_LENGTH) {
      throw new PortalGunError(code, 'is longer than a megabyte', { subject: name });
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    const [error] = document.errors;
    const targets = error === undefined ? targetsOf(document) : new Map<Alias, Node | undefined>();
    const source: Source = {
      name,
      lines,
      code,
      resolve: (node) => (isAlias(node) ? targets.get(node) : node),
      asked: 0,
    };
    if (error !== undefined) new YamlNode(null, error.pos[0], source).fail(wordsOf(error));
    return new YamlNode(document.contents, 0, source);
  }

  /** Where this is: `policy.yaml:4:5`. */
  get place(): string {
    const { line, col } = this.#source.lines.linePos(this.#at);
    return `${this.#source.name}:${line}:${col}`;
  }

  /** @throws PortalGunError that says where this is */
  fail(message: string, hint?: string): never {
    throw new PortalGunError(this.#source.code, message, {
      subject: this.place,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** Whether there is nothing: a key without a value, an empty file. */
  get isEmpty(): boolean {
    return this.#node === null || (isScalar(this.#node) && this.#node.value === null);
  }

  get isMapping(): boolean {
    return isMap(this.#node);
  }

  get isSequence(): boolean {
    return isSeq(this.#node);
  }

  /** The values of a mapping that has no keys but these. */
  keys<K extends string>(known: readonly K[]): { readonly [key in K]?: YamlNode } {
    const entries = this.entries();
    for (const [key, node] of entries) {
      if (known.some((each) => each === key)) continue;
      const meant = suggest(key, known);
      node.fail(
        `there is no key "${key}" here`,
        meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`,
      );
    }
    return Object.fromEntries(entries) as { readonly [key in K]?: YamlNode };
  }

  /** A mapping with keys of any kind, each with its value. */
  entries(): readonly (readonly [key: string, value: YamlNode])[] {
    if (!isMap(this.#node)) this.fail('is to be a mapping of keys to values');
    const { items } = this.#node as YAMLMap<Node, Node | null>;
    this.#refuseMany(items.length);
    return items.map(({ key, value }) => [this.#child(key).text(), this.#child(value ?? null, key)] as const);
  }

  items(): readonly YamlNode[] {
    if (!isSeq(this.#node)) this.fail('is to be a list');
    const { items } = this.#node;
    this.#refuseMany(items.length);
    return items.map((item) => this.#child(item as Node | null));
  }

  /** Text, or whatever stands there without quotes, as it is written. */
  text(): string {
    const node = this.#node;
    if (!isScalar(node) || node.value === null) this.fail('is to be text');
    const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    return text.length <= MAX_TEXT ? text : this.fail(`is longer than ${MAX_TEXT} characters`);
  }

  integer(least: number, most: number): number {
    const text = isScalar(this.#node) ? this.text() : '';
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= least && value <= most) return value;
    return this.fail(`is to be a whole number from ${least} to ${most}`);
  }

  choice<T extends string>(choices: readonly T[]): T {
    const text = isScalar(this.#node) ? this.text() : '';
    return choices.find((choice) => choice === text) ?? this.fail(`is to be ${choices.join(' or ')}`);
  }

  /** `on`, `off`, and what else YAML's versions call so. */
  flag(): boolean {
    const text = isScalar(this.#node) ? this.text().toLowerCase() : '';
    if (['true', 'on', 'yes'].includes(text)) return true;
    return ['false', 'off', 'no'].includes(text) ? false : this.fail('is to be on or off');
  }

  #child(node: Node | null, key?: Node): YamlNode {
    const at = node?.range?.[0] ?? key?.range?.[0] ?? this.#at;
    this.#source.asked += 1;
    if (this.#source.asked > MAX_NODES)
      new YamlNode(null, at, this.#source).fail(`has more than ${MAX_NODES} entries with its aliases`);
    const resolved = node === null ? null : this.#source.resolve(node);
    if (resolved === undefined)
      return new YamlNode(null, at, this.#source).fail('means an anchor that is not there');
    return new YamlNode(resolved, at, this.#source);
  }

  #refuseMany(amount: number): void {
    if (amount > MAX_ITEMS) this.fail(`has ${amount} entries, more than ${MAX_ITEMS}`);
  }
}

/** What each alias means: the anchor of its name that was last before it. */
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

/** The parser's own words, but for those that speak to a programmer. */
function wordsOf({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'there is more than one document in it';
  return /call stack/.test(message) ? 'is nested too deeply' : message;
}
