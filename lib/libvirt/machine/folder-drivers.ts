import { BROKEN, type Known } from '../../base/known.ts';
import type { Virsh } from '../virsh.ts';
import { parseXml } from '../xml/xml-document.ts';
import { childOf, childrenOf } from '../xml/xml-element.ts';

/**
 * The drivers by which QEMU on the host shares folders with VMs, from `virsh domcapabilities`:
 *
 *     <filesystem supported='yes'>
 *       <enum name='driverType'>
 *         <value>path</value>
 *
 * The read-only socket of libvirt does not provide it. `path` is 9p; `virtiofs` is listed even without virtiofsd.
 * https://libvirt.org/formatdomaincaps.html
 *
 * @throws PortalGunError the errors of {@link Virsh}, and BAD_XML
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
