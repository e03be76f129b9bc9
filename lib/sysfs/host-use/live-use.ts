import { isUnknown, type Known, knownValue, UNREAD } from '../../base/known.ts';
import type { LiveUse } from '../../facts/host-use.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import { processPath } from '../paths.ts';
import { knownAlways } from './known-reading.ts';
import { readConnections } from './network/connections.ts';
import { readElsewhere } from './network/net-namespaces.ts';
import { readPacketSockets } from './network/packet-sockets.ts';
import { sessionAddressIn } from './network/ssh-connection.ts';
import { INITIAL_PIDS, readOpenFiles } from './node/open-files.ts';
import { readMountNamespaces } from './storage/mount-namespaces.ts';

// As many ancestors as any session has; the kernel's own tree ends at 1.
const MAX_ANCESTORS = 64;

/**
 * Reads which processes hold device nodes open, and from where the login session came. Of the machine itself
 * alone, and all of it as root alone: a snapshot answers UNREAD.
 */
export function readLiveUse(host: HostReader): LiveUse {
  const files = readOpenFiles(host);
  const mounts = readMountNamespaces(host);
  return {
    holders: files.holders,
    unseen: files.unseen,
    mountNamespaces: mounts.mountNamespaces,
    unseenMounts: mounts.unseenMounts,
    packetSockets: readPacketSockets(host, files.sockets),
    connections: readConnections(host, files.sockets),
    elsewhere: readElsewhere(host, {
      paths: new Map([...files.namespaces, ...mounts.namespaces]),
      missed: [files.unseen, mounts.unseenMounts].find(isUnknown) ?? null,
    }),
    sessionAddress: readSessionAddress(host),
  };
}

/**
 * The address of this host that the login session came to over SSH: the third word of `SSH_CONNECTION`
 * (`192.0.2.7 50122 10.0.0.5 22`) in the environment of this process or the nearest of those above it. sudo keeps it
 * from its children, so that root often finds it only further up. DENIED where one of them may not be looked into
 * and no other has it.
 */
function readSessionAddress(host: HostReader): Known<string> {
  let pid: number | 'self' = 'self';
  let missed: Known<never> = null;
  for (let above = 0; above < MAX_ANCESTORS; above += 1) {
    const environment = knownAlways(host.readText(`${processPath(pid)}/environ`));
    if (isUnknown(environment)) missed ??= environment;
    const address = sessionAddressIn(knownValue(environment) ?? '');
    if (address !== undefined) return address;
    const parent = parentOf(host, pid);
    if (parent === undefined) return missed ?? UNREAD;
    if (parent <= 1) return missed ?? otherNamespace(host);
    pid = parent;
  }
  return missed ?? UNREAD;
}

/** Above the first process of a PID namespace other than the first are more, which are not to be seen from within. */
function otherNamespace(host: HostReader): Known<never> {
  const namespace = knownOf(host.readLink(`${processPath('self')}/ns/pid`));
  if (isUnknown(namespace)) return namespace;
  return namespace === null || namespace === INITIAL_PIDS ? null : UNREAD;
}

function parentOf(host: HostReader, pid: number | 'self'): number | undefined {
  const stat = knownValue(knownOf(host.readText(`${processPath(pid)}/stat`)));
  // The name of a process may hold blanks and brackets: what counts stands behind the last one.
  const digits = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
  return /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
}
