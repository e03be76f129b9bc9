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

// More ancestors than any session has; the process tree of the kernel ends at 1.
const MAX_ANCESTORS = 64;

/**
 * Reads which processes hold device nodes open, and the source of the login session. Only on the running machine, and
 * completely only as root: a snapshot answers UNREAD.
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
 * The local address of an SSH login session: the third word of `SSH_CONNECTION` (`192.0.2.7 50122 10.0.0.5 22`) in
 * the environment of this process or its nearest ancestor that has it. sudo removes it, so root often finds it only
 * in an ancestor. DENIED if an environment cannot be read and no other has it.
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

/** The first process of a nested PID namespace has ancestors that are not visible in it. */
function otherNamespace(host: HostReader): Known<never> {
  const namespace = knownOf(host.readLink(`${processPath('self')}/ns/pid`));
  if (isUnknown(namespace)) return namespace;
  return namespace === null || namespace === INITIAL_PIDS ? null : UNREAD;
}

function parentOf(host: HostReader, pid: number | 'self'): number | undefined {
  const stat = knownValue(knownOf(host.readText(`${processPath(pid)}/stat`)));
  // The name of a process may contain spaces and parentheses: the relevant fields are after the last one.
  const digits = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
  return /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
}
