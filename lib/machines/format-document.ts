import { formatXml, type XmlNode } from '../libvirt/xml/xml-text.ts';
import { checkedNode } from './domain/xml-node.ts';

/**
 * A document, as a definition is passed to libvirt.
 *
 * @throws PortalGunError BAD_DEFINITION for a text that XML, or libvirt, cannot hold
 */
export function formatDocument(node: XmlNode): string {
  return `${formatXml([checkedNode(node)])}\n`;
}
