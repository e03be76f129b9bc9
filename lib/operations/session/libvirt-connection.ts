import { PortalGunError } from '../../base/errors.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import type { HostSession } from './host-session.ts';

/**
 * The environment variable with the default libvirt URI, as for virsh: https://libvirt.org/uri.html#default-uri-choice
 */
export const URI_VARIABLE = 'LIBVIRT_DEFAULT_URI';

/** The requested libvirt, and the source of the request. */
export interface AskedUri {
  readonly uri: string;
  readonly by: '--connect' | typeof URI_VARIABLE;
}

/**
 * The URI from the session or the environment; `null` if neither has one.
 *
 * @throws PortalGunError BAD_ARGUMENT for an empty option
 */
export function askedUri({ options: { connect }, ports }: HostSession): AskedUri | null {
  if (connect?.trim() === '') {
    throw new PortalGunError('BAD_ARGUMENT', 'is empty', { subject: '--connect' });
  }
  if (connect !== undefined) return { uri: connect, by: '--connect' };
  const uri = ports.user.variable(URI_VARIABLE)?.trim() ?? '';
  return uri === '' ? null : { uri, by: URI_VARIABLE };
}

/**
 * Refuses to change the VMs of a captured host unless the session names their libvirt, because that of this machine
 * has other VMs.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function demandNamedLibvirt({ isCaptured, options }: HostSession): void {
  if (!isCaptured || options.connect !== undefined) return;
  throw new PortalGunError('BAD_ARGUMENT', 'a snapshot does not name the libvirt that has its VMs', {
    subject: '--host',
    hint: 'name the libvirt of its VMs with --connect, or add --dry-run',
  });
}

/** The requested libvirt, or that of the system. */
export function virshOf(session: HostSession): Virsh {
  return new Virsh(session.ports.runner, askedUri(session)?.uri ?? null);
}
