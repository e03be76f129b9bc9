import type { HostReader } from '../../host/host-reader.ts';
import { UNIX_SOCKETS_PATH } from '../../sysfs/paths.ts';

/** The state of a connection that its server has not accepted yet (`SS_CONNECTING`). */
const UNTAKEN = '02';

/**
 * Whether a connection to a unix socket waits to be accepted, by `/proc/net/unix`:
 *
 *     Num       RefCount Protocol Flags    Type St Inode Path
 *     0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/portal-gun/machines/router0/console
 *
 * `false` also if that is not known: the table has only sockets of this network namespace.
 */
export function hasUntakenConnection(host: HostReader, path: string): boolean {
  const table = host.readTable(UNIX_SOCKETS_PATH);
  if (typeof table !== 'string') return false;
  return table.split('\n').some((line) => {
    const [, state, at] = /^\S+: \S+ \S+ \S+ \S+ (\S+) +\d+ (.+)$/.exec(line) ?? [];
    return state === UNTAKEN && at === path;
  });
}
