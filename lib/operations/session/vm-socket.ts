import { type ErrorCode, PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import { type Channel, CONNECT_TIMEOUT_MS } from '../../host/channel.ts';
import { isLocalUri } from '../../libvirt/connection-uri.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import type { HostSession } from './host-session.ts';
import { askedUri, virshOf } from './libvirt-connection.ts';

/**
 * The libvirt of a session, if its sockets are files of this host.
 *
 * @param what the reason in words: `the socket of an agent is a file`
 * @param command the command that would work on the other host
 * @throws PortalGunError BAD_ARGUMENT for a libvirt of another host
 */
export function demandSocketsHere(session: HostSession, what: string, command: readonly string[]): Virsh {
  const virsh = virshOf(session);
  if (isLocalUri(virsh.uri)) return virsh;
  throw new PortalGunError('BAD_ARGUMENT', `names another host, but ${what} of that host`, {
    subject: askedUri(session)?.by ?? virsh.uri,
    hint: `run the command on that host: ssh -t HOST ${shellCommand(...command)}`,
  });
}

/**
 * Takes the lock beside a socket of a VM. The kernel releases it when this process ends.
 *
 * @returns what releases it, or who has it, in words
 */
export async function lockSocket({ ports }: HostSession, path: string): Promise<(() => void) | string> {
  const { user } = ports;
  const person = user.variable('SUDO_USER') ?? user.name ?? 'unknown';
  const lock = await ports.lockFile(`${path}.lock`, `${user.processId} ${person} ${ports.now()}`);
  if (typeof lock === 'function') return lock;
  const [, pid, owner, since] = /^(\d{1,10}) (\S{1,64}) ([\dTZ:.-]{1,30})$/.exec(lock.note) ?? [];
  return pid === undefined ? 'another process' : `process ${pid} of user ${owner}, since ${since}`;
}

/**
 * Connects to a socket of a VM that QEMU serves.
 *
 * @param name of the VM, for errors
 * @param code of the error if it cannot be connected to for another reason than permissions
 * @throws PortalGunError PERMISSION_DENIED, or of that code
 */
export async function connectSocket(
  { ports }: HostSession,
  name: string,
  path: string,
  code: ErrorCode,
): Promise<Channel> {
  const opened = await ports.openChannel(path, CONNECT_TIMEOUT_MS);
  if (!('failed' in opened)) return opened;
  const { failed, detail } = opened;
  if (failed === 'denied') {
    throw new PortalGunError('PERMISSION_DENIED', `cannot connect to ${path}: ${detail}`, { subject: name });
  }
  const words = { absent: 'no program serves it', timeout: 'QEMU does not answer', failed: 'it failed' }[
    failed
  ];
  throw new PortalGunError(code, `cannot connect to ${path}: ${words} (${detail})`, { subject: name });
}
