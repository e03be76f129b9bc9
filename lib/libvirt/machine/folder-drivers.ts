import { BROKEN, type Known } from '../../base/known.ts';
import type { Virsh } from '../virsh.ts';
import { parseXml } from '../xml/xml-document.ts';
import { childOf, childrenOf } from '../xml/xml-element.ts';

/**
 * By which drivers the host's QEMU shares folders with machines, as `virsh domcapabilities` tells it:
 *
 *     <filesystem supported='yes'>
 *       <enum name='driverType'>
 *         <value>path</value>
 *
 * libvirt does not tell it over its socket for reading. `path` is 9p, and `virtiofs` stands there also where there is no virtiofsd. https://libvirt.org/formatdomaincaps.html
 *
 * @throws PortalGunError what {@link Virsh} throws, and BAD_XML
 */
export async function readFolderDrivers(virsh: Pick<Virsh, 'run'>): Promise<Known<readonly string[]>> {
  const { output, error } = await virsh.run(['domcapabilities']);
  if (error !== null) return BROKEN;
  const { root } = parseXml(output, 'the capabilities of VMs');
  const element = childOf(childOf(root, 'devices'), 'filesystem');
  // libvirt before 8.1 does not report it.
  if (element === undefined) return null;
  const types = childrenOf(element, 'enum').find(({ attributes }) => attributes.get('name') === 'driverType');
  return element.attributes.get('supported') === 'yes'
    ? childrenOf(types, 'value').map(({ text }) => text.trim())
    : [];
}
