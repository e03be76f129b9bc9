/** An element that is to be written. */
export interface XmlNode {
  readonly name: string;
  /** Those that are `undefined` are left out. */
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  /** Text, or elements; those that are `undefined` are left out. */
  readonly content?: string | readonly (XmlNode | undefined)[];
}

const INDENT = '  ';
/** What XML 1.0 does not allow, however it is written: half a pair of surrogates too. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const NAME = /^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?$/;

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/**
 * Elements as text, two spaces a level, as libvirt writes its own; without a line's end behind the last.
 *
 * @throws Error where a value has a character that XML does not allow, and for a name that is none
 */
export function formatXml(nodes: readonly XmlNode[]): string {
  return nodes.flatMap((node) => linesOf(node, '')).join('\n');
}

function linesOf({ name, attributes = {}, content = [] }: XmlNode, indent: string): readonly string[] {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${named(key)}="${escaped(value, /[&<>"]/g)}"`],
  );
  const start = `${indent}<${named(name)}${given.join('')}`;
  if (typeof content === 'string') {
    return [content === '' ? `${start}/>` : `${start}>${escaped(content, /[&<>]/g)}</${name}>`];
  }
  const below = content.flatMap((child) => (child === undefined ? [] : linesOf(child, indent + INDENT)));
  return below.length === 0 ? [`${start}/>`] : [`${start}>`, ...below, `${indent}</${name}>`];
}

function named(name: string): string {
  if (NAME.test(name)) return name;
  throw new Error(`not a name of XML: ${JSON.stringify(name)}`);
}

function escaped(text: string, special: RegExp): string {
  if (ILLEGAL.test(text)) throw new Error(`XML cannot contain ${JSON.stringify(text)}`);
  return text.replace(special, (character) => REFERENCES[character] ?? character);
}
