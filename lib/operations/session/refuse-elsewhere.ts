import { PortalGunError } from '../../base/errors.ts';
import { isLocalUri } from '../../libvirt/connection-uri.ts';
import type { HostSession } from './host-session.ts';
import { askedUri } from './libvirt-connection.ts';

/** @throws PortalGunError BAD_ARGUMENT for VMs that do not run where devices are looked for */
export function refuseElsewhere(session: HostSession, uri: string): void {
  if (isLocalUri(uri) || session.isCaptured) return;
  throw new PortalGunError('BAD_ARGUMENT', 'is another host, and the devices are looked for on this one', {
    subject: askedUri(session)?.by ?? uri,
    hint: 'run it there; or give a capture of that host as well: --host FILE (pci snapshot -o FILE)',
  });
}
