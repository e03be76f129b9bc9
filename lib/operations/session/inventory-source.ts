import { PortalGunError } from '../../base/errors.ts';
import type { HostSession } from './host-session.ts';
import { type InventorySource, sysfsSource } from './sysfs-source.ts';

/**
 * The source of the devices of a session: the kernel of this machine, a captured host, or libvirt.
 *
 * @throws PortalGunError BAD_ARGUMENT, and the errors of opening it
 */
export async function inventorySourceOf(session: HostSession): Promise<InventorySource> {
  const { connect, source } = session.options;
  if (connect === undefined && source !== 'libvirt') return sysfsSource(session.host);
  const refuse = (option: string, message: string): never => {
    throw new PortalGunError('BAD_ARGUMENT', message, { subject: option });
  };
  if (session.isCaptured) {
    const asked = connect === undefined ? '--source libvirt' : '--connect';
    refuse('--host', `cannot be used with ${asked}: a snapshot has no libvirt`);
  }
  if (connect !== undefined && source === 'sysfs') refuse('--connect', 'cannot be used with --source sysfs');
  // Loading them takes longer than the rest of a start, and they are rarely used.
  const [{ libvirtSource }, { askedUri }, { isLocalUri }] = await Promise.all([
    import('./libvirt-source.ts'),
    import('./libvirt-connection.ts'),
    import('../../libvirt/connection-uri.ts'),
  ]);
  const uri = askedUri(session)?.uri ?? null;
  // The kernel of this machine is not used if the environment names the libvirt of another.
  const isOfHere = connect === undefined && (uri === null || isLocalUri(uri));
  return libvirtSource(session.ports.runner, uri, isOfHere ? session.host : null);
}
