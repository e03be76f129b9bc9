import { PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import type { XmlElement } from '../../libvirt/xml/xml-element.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';

/** The characters that an attribute cannot hold: a reader makes a space of white space, and libvirt refuses controls. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const NOT_ATTRIBUTE = /[\u0000-\u001f\u007f\ufffe\uffff]|\p{Surrogate}/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const NOT_TEXT = /[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]|\p{Surrogate}/u;

/** The elements in a node. */
export function nodesIn({ content = [] }: XmlNode): readonly XmlNode[] {
  return typeof content === 'string' ? [] : content.filter((node) => node !== undefined);
}

/** The first element of that name in a node. */
export function nodeIn(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node === undefined ? undefined : nodesIn(node).find((each) => each.name === name);
}

/** The text of a node, without the white space round it; empty if there is none. */
export function textOf({ content = '' }: XmlNode): string {
  return typeof content === 'string' ? content.trim() : '';
}

/** An element that was read, to be written again: comments, and text beside elements, are left out. */
export function nodeFrom({ name, attributes, children, text }: XmlElement): XmlNode {
  return {
    name,
    attributes: Object.fromEntries(attributes),
    content: children.length > 0 ? children.map(nodeFrom) : text.trim(),
  };
}

/**
 * The same node, whose texts libvirt can hold.
 *
 * @throws PortalGunError BAD_DEFINITION for a text that XML, or libvirt, cannot hold
 */
export function checkedNode(node: XmlNode): XmlNode {
  check(node);
  return node;
}

function check(node: XmlNode): void {
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    if (value !== undefined && NOT_ATTRIBUTE.test(value)) refuse(`${name} of <${node.name}>`, value);
  }
  if (typeof node.content === 'string' && NOT_TEXT.test(node.content)) refuse(`<${node.name}>`, node.content);
  for (const each of nodesIn(node)) check(each);
}

function refuse(place: string, value: string): never {
  throw new PortalGunError(
    'BAD_DEFINITION',
    `has a control character, which the XML of libvirt cannot hold: "${escapeControls(value.slice(0, 80))}"`,
    { subject: place, hint: 'remove it from the definition, or rename the file' },
  );
}
