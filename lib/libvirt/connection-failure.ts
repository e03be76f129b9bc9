import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import { isLocalUri } from './connection-uri.ts';

const NO_ACCESS = /authenticat|access denied|socket to '[^']*': Permission denied/i;
const BAD_URI = /Unable to parse URI|no connection driver available|URI .*(malformed|unsupported|invalid)/i;

/**
 * Whether virsh failed because it could not connect:
 *
 * ```
 * error: failed to connect to the hypervisor
 * error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory
 * ```
 */
export function isConnectionFailure(stderr: string): boolean {
  return /^error: failed to (re)?connect to the hypervisor$/im.test(stderr);
}

/**
 * @param said the error of virsh, in one line
 * @throws PortalGunError NO_LIBVIRT; PERMISSION_DENIED if libvirt refused the connection; BAD_ARGUMENT for an invalid
 * URI
 */
export function failConnection(said: string, uri: string): never {
  const subject = escapeControls(uri);
  const detail = escapeControls(said.replace(/^failed to (re)?connect to the hypervisor: /i, ''));
  if (BAD_URI.test(said)) {
    throw new PortalGunError('BAD_ARGUMENT', `is not a libvirt URI: ${detail}`, {
      subject,
      hint: 'set --connect or LIBVIRT_DEFAULT_URI to a URI such as qemu:///system or qemu+ssh://root@host/system',
    });
  }
  const isLocal = isLocalUri(uri);
  if (NO_ACCESS.test(said)) {
    throw new PortalGunError('PERMISSION_DENIED', `libvirt refused the connection: ${detail}`, {
      subject,
      hint: isLocal
        ? 'run it as root, or as a user in the group libvirt'
        : 'connect as a user of the group libvirt there',
    });
  }
  throw new PortalGunError('NO_LIBVIRT', `libvirt does not answer: ${detail}`, {
    subject,
    hint: isLocal
      ? 'start it: systemctl start libvirtd; or, if libvirt has a daemon for each driver: systemctl start virtqemud virtnodedevd'
      : 'check that it answers: virsh --connect URI list; ssh needs a key, because it cannot ask for a password',
  });
}
