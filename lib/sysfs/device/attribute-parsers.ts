/*
 * Parsers for the text of attributes. `undefined` means that the kernel never writes such a text, `null` that the
 * text means "none".
 */

/** A count in decimal, at most 2^53: `7`. */
export function parseCount(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `0` or `1`. */
export function parseFlag(text: string): boolean | undefined {
  return text === '1' ? true : text === '0' ? false : undefined;
}

/** Hex with `0x`, as `digits` lowercase digits: `0x8086` gives `8086`. */
export function parseHex(digits: number): (text: string) => string | undefined {
  return (text) => {
    const match = /^0x([0-9a-f]{1,8})$/i.exec(text);
    const value = match?.[1]?.toLowerCase().replace(/^0+(?=.)/, '');
    return value === undefined || value.length > digits ? undefined : value.padStart(digits, '0');
  };
}

/** A NUMA node: `-1` means none. */
export function parseNumaNode(text: string): number | null | undefined {
  return text === '-1' ? null : parseCount(text);
}

/** `driver_override`: `(null)` or an empty text means none. */
export function parseDriverOverride(text: string): string | null {
  return text === '(null)' || text === '' ? null : text;
}

/** Words in their order: `flr pm bus`. An empty attribute is an empty list. */
export function parseWords(text: string): readonly string[] {
  return text === '' ? [] : text.split(/\s+/);
}

const MAX_REMEMBERED = 256;

/**
 * The same parser, which remembers what it made of the first different texts: thousands of functions have few. What it
 * makes is shared by them.
 */
export function remembering<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      value = parse(text);
      if (known.size < MAX_REMEMBERED) known.set(text, value);
    }
    return value;
  };
}
