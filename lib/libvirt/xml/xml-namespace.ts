import type { XmlElement } from './xml-element.ts';

/** The namespaces of prefixes: prefix to URI, the empty prefix for names without one; an empty URI for none. */
export type Namespaces = ReadonlyMap<string, string>;

/** Before any declaration. */
export const NO_NAMESPACES: Namespaces = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]);

/** The namespaces in an element: its declarations override those outside of it. */
export function namespacesIn(element: XmlElement, outside: Namespaces): Namespaces {
  const inside = new Map(outside);
  for (const [name, uri] of element.attributes) {
    if (name === 'xmlns') inside.set('', uri);
    else if (name.startsWith('xmlns:')) inside.set(name.slice('xmlns:'.length), uri);
  }
  return inside;
}

/** A name as its prefix, empty if it has none, and the rest. */
export function splitName(name: string): { readonly prefix: string; readonly local: string } {
  const colon = name.indexOf(':');
  return colon < 0
    ? { prefix: '', local: name }
    : { prefix: name.slice(0, colon), local: name.slice(colon + 1) };
}

/** The URI of an element's namespace, by the namespaces in it; `undefined` for none. */
export function namespaceOf({ name }: XmlElement, inside: Namespaces): string | undefined {
  return inside.get(splitName(name).prefix) || undefined;
}
