import { parseXml } from '../../libvirt/xml/xml-document.ts';
import { definitionDifferences } from './normal-form.ts';

/**
 * Whether libvirt has a VM or a network as it was defined, apart from its own additions.
 *
 * @param found as libvirt has it
 * @param given as it was defined
 * @throws PortalGunError BAD_XML
 */
export function isSameDefinition(found: string, given: string): boolean {
  if (found === given) return true;
  return (
    definitionDifferences(parseXml(given, 'the definition'), parseXml(found, 'the definition')).length === 0
  );
}
