import { PortalGunError } from '../../base/errors.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';

/**
 * The libvirt of a session, if it is that of this host: disks and sockets of machines are files here.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function demandLocalLibvirt(session: HostSession): Virsh {
  const virsh = virshOf(session);
  if (/^[a-z]+:\/\/\/system(\?|$)/.test(virsh.uri)) return virsh;
  throw new PortalGunError(
    'BAD_ARGUMENT',
    `cannot create machines on ${virsh.uri}: their disks and sockets are files of the host`,
    {
      subject: '--connect',
      hint: 'run portal on that host, with qemu:///system',
    },
  );
}
