import { fragment } from 'xmlbuilder2';

/** An element that is to be written. */
export interface XmlNode {
  readonly name: string;
  /** Those that are `undefined` are left out. */
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  /** Text, or elements; those that are `undefined` are left out. */
  readonly content?: string | readonly (XmlNode | undefined)[];
}

/**
 * Elements as text, two spaces a level, as libvirt writes its own; without a line's end behind the last.
 *
 * @throws Error where a value has a character that XML does not allow
 */
export function formatXml(nodes: readonly XmlNode[]): string {
  const root = fragment();
  for (const node of nodes) add(root, node);
  return root.end({ prettyPrint: true, indent: '  ', wellFormed: true });
}

type Builder = ReturnType<typeof fragment>;

function add(parent: Builder, { name, attributes = {}, content = [] }: XmlNode): void {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, plain(value)] as const],
  );
  const element = parent.ele(name, Object.fromEntries(given));
  if (typeof content === 'string') {
    element.txt(plain(content));
    return;
  }
  for (const child of content) if (child !== undefined) add(element, child);
}

/** A text that is written as it stands: the package takes what looks like a reference, such as `&lt;`, for one. */
function plain(text: string): string {
  return text.replaceAll('&', '&amp;');
}
