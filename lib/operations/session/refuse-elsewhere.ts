import { PortalGunError } from '../../base/errors.ts';
import { isLocalUri } from '../../libvirt/connection-uri.ts';
import type { HostSession } from './host-session.ts';
import { askedUri } from './libvirt-connection.ts';

/** @throws PortalGunError BAD_ARGUMENT for VMs on another host than the devices */
export function refuseElsewhere(session: HostSession, uri: string): void {
  if (isLocalUri(uri) || session.isCaptured) return;
  throw new PortalGunError('BAD_ARGUMENT', 'names another host, but the devices are read from this one', {
    subject: askedUri(session)?.by ?? uri,
    hint: 'run it on that host; or add a snapshot of it: --host FILE (pci snapshot -o FILE)',
  });
}
