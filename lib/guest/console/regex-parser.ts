import { PortalGunError } from '../../base/errors.ts';

/** First and last code units in turn: `[48, 57]` for digits. */
export type Ranges = readonly number[];

/** A regular expression as a tree. */
export type RegexNode =
  | { readonly kind: 'character'; readonly ranges: Ranges }
  | { readonly kind: 'line-start' }
  | { readonly kind: 'all' | 'any'; readonly items: readonly RegexNode[] }
  | {
      readonly kind: 'repeat';
      readonly item: RegexNode;
      readonly least: number;
      readonly most: number | null;
    };

const MAX_DEPTH = 100;
const MAX_REPEAT = 1000;
const MAX_UNIT = 0xffff;

const DIGITS: Ranges = [0x30, 0x39];
const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
const BLANKS: Ranges = [0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0];
const LINE_END: Ranges = [0x0a, 0x0a, 0x0d, 0x0d];
const CLASSES: Readonly<Record<string, Ranges>> = {
  d: DIGITS,
  D: inverted(DIGITS),
  w: WORD,
  W: inverted(WORD),
  s: BLANKS,
  S: inverted(BLANKS),
};
const CONTROLS: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b, e: 0x1b };

/**
 * Reads a regular expression, of the form that `regexPattern` describes.
 *
 * @throws PortalGunError BAD_SCRIPT
 */
export function parseRegex(source: string): RegexNode {
  return new RegexParser(source).parse();
}

/** @throws PortalGunError BAD_SCRIPT */
export function failPattern(message: string): never {
  throw new PortalGunError('BAD_SCRIPT', message);
}

function exactly(unit: number): RegexNode {
  return { kind: 'character', ranges: [unit, unit] };
}

class RegexParser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): RegexNode {
    const tree = this.#alternatives();
    return this.#at === this.#source.length ? tree : failPattern('has a ")" without "("');
  }

  #alternatives(): RegexNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) failPattern('has too many groups in each other');
    const items = [this.#sequence()];
    while (this.#takes('|')) items.push(this.#sequence());
    this.#depth -= 1;
    const [only] = items;
    return only !== undefined && items.length === 1 ? only : { kind: 'any', items };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#peek())) items.push(this.#repeated());
    return { kind: 'all', items };
  }

  #repeated(): RegexNode {
    let item = this.#atom();
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === null) return item;
      item = { kind: 'repeat', item, ...bounds };
      // A preference makes no difference to the first end of a match.
      this.#takes('?');
    }
  }

  #bounds(): { readonly least: number; readonly most: number | null } | null {
    if (this.#takes('*')) return { least: 0, most: null };
    if (this.#takes('+')) return { least: 1, most: null };
    if (this.#takes('?')) return { least: 0, most: 1 };
    const [written, first = '', comma, last = ''] =
      /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#source.slice(this.#at, this.#at + 12)) ?? [];
    if (written === undefined) return null;
    this.#at += written.length;
    const least = Number(first);
    const most = comma === undefined ? least : last === '' ? null : Number(last);
    if (least > MAX_REPEAT || (most ?? 0) > MAX_REPEAT) failPattern(`repeats more than ${MAX_REPEAT} times`);
    if (most !== null && most < least) failPattern(`has ${written}, whose numbers are in the wrong order`);
    return { least, most };
  }

  #atom(): RegexNode {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'character', ranges: this.#set() };
      case '.':
        return { kind: 'character', ranges: inverted(LINE_END) };
      case '^':
        return { kind: 'line-start' };
      case '$':
        return { kind: 'character', ranges: LINE_END };
      case '*':
      case '+':
      case '?':
        return failPattern(`has nothing before "${character}" to repeat`);
      case '\\':
        return { kind: 'character', ranges: this.#escape() };
      default:
        return exactly(character.charCodeAt(0));
    }
  }

  #group(): RegexNode {
    if (this.#takes('?') && !this.#takes(':')) {
      failPattern(`has "(?${this.#peek()}", which a console script does not support`);
    }
    const inner = this.#alternatives();
    return this.#takes(')') ? inner : failPattern('has a "(" without ")"');
  }

  #set(): Ranges {
    const isInverted = this.#takes('^');
    const ranges: number[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      const from = this.#setItem();
      const [low = 0, high = 0] = from;
      const isRange = low === high && this.#peek() === '-' && !['', ']'].includes(this.#peek(1));
      if (!isRange) {
        ranges.push(...from);
        continue;
      }
      this.#at += 1;
      const [end = 0, endToo = 0] = this.#setItem();
      if (end !== endToo || end < low)
        failPattern('has a range in "[...]" whose ends are in the wrong order');
      ranges.push(low, end);
    }
    this.#at += 1;
    return isInverted ? inverted(ranges) : ranges;
  }

  #setItem(): Ranges {
    if (this.#at >= this.#source.length) failPattern('has a "[" without "]"');
    const character = this.#next();
    if (character === '\\') return this.#escape();
    const unit = character.charCodeAt(0);
    if (unit >= 0xd800 && unit <= 0xdfff)
      failPattern('has a character in "[...]" that is outside of the basic plane');
    return [unit, unit];
  }

  #escape(): Ranges {
    const letter = this.#at < this.#source.length ? this.#next() : failPattern('ends with a backslash');
    const known = CLASSES[letter];
    if (known !== undefined) return known;
    const control = CONTROLS[letter];
    if (control !== undefined) return [control, control];
    if (letter === 'x' || letter === 'u') {
      const digits = this.#source.slice(this.#at, this.#at + (letter === 'x' ? 2 : 4));
      if (!/^([0-9a-f]{2}|[0-9a-f]{4})$/i.test(digits)) failPattern(`needs hex digits after "\\${letter}"`);
      this.#at += digits.length;
      const unit = Number.parseInt(digits, 16);
      return [unit, unit];
    }
    if (/[a-z0-9]/i.test(letter)) failPattern(`has "\\${letter}", which a console script does not support`);
    const unit = letter.charCodeAt(0);
    return [unit, unit];
  }

  #peek(ahead = 0): string {
    return this.#source[this.#at + ahead] ?? '';
  }

  #next(): string {
    const character = this.#peek();
    this.#at += 1;
    return character;
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }
}

function inverted(ranges: Ranges): Ranges {
  const pairs: (readonly [number, number])[] = [];
  for (let index = 0; index < ranges.length; index += 2)
    pairs.push([ranges[index] ?? 0, ranges[index + 1] ?? 0]);
  const gaps: number[] = [];
  let next = 0;
  for (const [low, high] of pairs.toSorted(([a], [b]) => a - b)) {
    if (low > next) gaps.push(next, low - 1);
    next = Math.max(next, high + 1);
  }
  return next > MAX_UNIT ? gaps : [...gaps, next, MAX_UNIT];
}
