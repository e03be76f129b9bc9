/** An element that is to be written. */
export interface XmlNode {
  readonly name: string;
  /** Those that are `undefined` are left out. */
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  /** Text, or elements; those that are `undefined` are left out. */
  readonly content?: string | readonly (XmlNode | undefined)[];
}

/**
 * Elements as text, two spaces a level, as libvirt writes its own; without a line's end behind the last. Written here, since
 * the package for it takes longer to load than all that a document depends on takes to be read.
 *
 * @throws Error where a value has a character that XML can not hold
 */
export function formatXml(nodes: readonly XmlNode[]): string {
  return nodes.map((node) => elementText(node, '')).join('\n');
}

function elementText({ name, attributes = {}, content = [] }: XmlNode, indent: string): string {
  const given = Object.entries(attributes)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(value).replaceAll('"', '&quot;')}"`);
  const start = `${indent}<${name}${given.join('')}`;
  if (typeof content === 'string')
    return content === '' ? `${start}/>` : `${start}>${escaped(content)}</${name}>`;
  const children = content.filter((child) => child !== undefined);
  if (children.length === 0) return `${start}/>`;
  const lines = children.map((child) => elementText(child, `${indent}  `));
  return [`${start}>`, ...lines, `${indent}</${name}>`].join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
// https://www.w3.org/TR/xml/#charsets
const BEYOND_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

function escaped(text: string): string {
  if (BEYOND_XML.test(text)) throw new Error('a value has a character that XML can not hold');
  return text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character);
}
