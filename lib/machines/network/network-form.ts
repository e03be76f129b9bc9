import { parseXml } from '../../libvirt/xml/xml-document.ts';
import { childOf, childText, type XmlElement } from '../../libvirt/xml/xml-element.ts';

/** Whether two documents are of the same network, whatever libvirt added to one of them: UUID, MAC, defaults. */
export function isSameNetwork(one: string, other: string): boolean {
  return formOf(one) === formOf(other);
}

function formOf(text: string): string {
  const { root } = parseXml(text, 'the network');
  const forward = childOf(root, 'forward');
  return JSON.stringify([
    childText(root, 'name') ?? '',
    forward === undefined ? null : (forward.attributes.get('mode') ?? 'nat'),
    childOf(root, 'bridge')?.attributes.get('name') ?? null,
    childrenForm(root, 'ip', ['address', 'prefix', 'netmask', 'family']),
    root.attributes.get('ipv6') ?? 'no',
  ]);
}

function childrenForm(root: XmlElement, name: string, attributes: readonly string[]): readonly unknown[] {
  return root.children
    .filter((child) => child.name === name)
    .map((child) => attributes.map((key) => child.attributes.get(key) ?? null));
}
