import { isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../../base/known.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { USE_PATHS } from '../../paths.ts';
import { linkLayerOfType } from './interface-kinds.ts';
import type { ToldLink } from './ip-answers.ts';

/** The relevant facts of an interface. */
interface Candidate {
  readonly name: string;
  readonly type: Known<string>;
  readonly isUp: Known<boolean>;
  readonly portsTag: Known<string>;
}

/**
 * The direct users of interfaces, by their names: PPPoE sessions (`/proc/net/pppoe`), CAN sockets (`/proc/net/can`),
 * AF_XDP sockets, the ports of a switch (DSA), and XDP programs, which only the kernel itself reports.
 */
export function readInterfaceUsers(
  host: HostReader,
  interfaces: readonly Candidate[],
  told: readonly ToldLink[],
): (candidate: Candidate) => Known<readonly string[]> {
  const sessions = pppoeSessions(host);
  const hasCan = interfaces.some(({ type }) => linkLayerOfType(knownValue(type) ?? '') === 'can');
  const readers = hasCan ? canReceivers(host) : new Map<string, string>();
  const sockets = xdpSockets(host);
  return ({ name, isUp, portsTag }) => {
    // An AF_XDP socket works only on an interface that is up.
    const unknown = [sessions, readers, isUp === false ? null : sockets, portsTag].find(isUnknown);
    if (unknown !== undefined) return unknown;
    const reader = knownValue(readers)?.get(name);
    return [
      ...(knownValue(sessions) ?? []).filter((each) => each.device === name).map(({ title }) => title),
      ...(reader === undefined ? [] : [reader]),
      ...(told.find((link) => link.name === name)?.programs ?? []).map((id) => `XDP program ${id}`),
      // Without a switch the tag is "none".
      ...(/^(|none)$/.test(knownValue(portsTag) ?? '') ? [] : [`the ports of a switch (${portsTag})`]),
      ...(knownValue(sockets)?.has(name) === true ? ['a socket of AF_XDP'] : []),
    ];
  };
}

/**
 * The interfaces of AF_XDP sockets. Their number is in `/proc/net/protocols`; only `ss` shows their interfaces, in a
 * line such as `UNCONN 0 0 eth1:q0 *`. UNREAD if there are such sockets, and `ss` does not show them.
 *
 *     protocol  size sockets  memory press maxhdr  slab module     cl co di ac …
 *     XDP        960      2      -1   NI       0   no   kernel      n  n  n  n …
 */
function xdpSockets(host: HostReader): Known<ReadonlySet<string>> {
  return mapKnown(knownOf(host.readTable(USE_PATHS.protocols)), (table) => {
    const count = /^XDP +\d+ +(\d+) /m.exec(table)?.[1];
    if (count === undefined || count === '0') return new Set<string>();
    const answer = host.ask?.('ss', ['--no-header', '--all', '--numeric', '--xdp']);
    if (typeof answer !== 'string') return UNREAD;
    const bound = [...answer.matchAll(/(?<=\s)(\S+):q\d+(?=\s)/g)].map(([, name = '']) => name);
    // There are such sockets, but the output names no interface.
    return bound.length === 0 ? UNREAD : new Set(bound);
  });
}

interface Session {
  readonly device: string;
  readonly title: string;
}

/**
 *     Id       Address              Device
 *     00000B00 00:11:22:33:44:55     eth1
 */
function pppoeSessions(host: HostReader): Known<readonly Session[]> {
  return mapKnown(knownOf(host.readTable(USE_PATHS.pppoe)), (table) =>
    table.split('\n').flatMap((line) => {
      const match = /^([0-9A-F]{8}) +[0-9a-f:]{17} +(\S+)$/i.exec(line.trimEnd());
      const [, id = '', device = ''] = match ?? [];
      return match === null ? [] : [{ device, title: `PPPoE session ${id}` }];
    }),
  );
}

/**
 * The number of filters for each interface that a CAN socket receives from. Column titles, and lines for all
 * interfaces or none, are skipped:
 *
 *     device   can_id   can_mask  function  userdata   matches  ident
 *      can0     000    00000000  f88e6370  f88e6370         0  raw
 */
function canReceivers(host: HostReader): Known<ReadonlyMap<string, string>> {
  const counts = new Map<string, number>();
  for (const path of USE_PATHS.canReceivers) {
    const table = knownOf(host.readTable(path));
    if (isUnknown(table)) return table;
    for (const line of (table ?? '').split('\n')) {
      const [name, , , , , , ident] = line.trim().split(/ +/);
      if (name !== undefined && ident !== undefined && name !== 'device' && !name.startsWith('(')) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
  }
  return new Map([...counts].map(([name, count]) => [name, `${count} filters of CAN sockets`]));
}
