/** An element of a parsed document, with its position in the text. */
export interface XmlElement {
  readonly name: string;
  /** In the order of the text; values with their references resolved. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly in it, unchanged, including CDATA; without that of its children. */
  readonly text: string;
  /** Offsets in UTF-16 units: of its `<`, and after its last `>`. */
  readonly start: number;
  readonly end: number;
  /** Offsets of its contents; `null` for an empty element of the form `<name/>`. */
  readonly content: { readonly start: number; readonly end: number } | null;
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** All children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The text of the first child of that name, without surrounding whitespace. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return childOf(element, name)?.text.trim();
}
