import { fragment } from 'xmlbuilder2';

/** An element to write. */
export interface XmlNode {
  readonly name: string;
  /** `undefined` values are omitted. */
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  /** Text, or elements; `undefined` ones are omitted. */
  readonly content?: string | readonly (XmlNode | undefined)[];
}

/**
 * Elements as text, two spaces for each level, as libvirt writes its own; without a line end after the last.
 *
 * @throws Error if a value contains a character that XML does not allow
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

/** A text that is written unchanged: the package would interpret text that looks like a reference, such as `&lt;`. */
function plain(text: string): string {
  return text.replaceAll('&', '&amp;');
}
