import { BROKEN, isUnknown, type Known, knownValue, mapKnown } from '../../base/known.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import type { PacketSocket } from '../../pci/network-use.ts';
import { processPath, USE_PATHS } from '../paths.ts';
import { knownAlways, readAttribute } from './known-reading.ts';

// At some 2 µs each; with more of them it is not said who listens.
const MAX_LINKS = 500_000;

/**
 * The packet sockets of `/proc/net/packet` that are bound to one interface, by its number (`Iface`; 0 for those that
 * get the packets of all):
 *
 *     sk               RefCnt Type Proto  Iface R Rmem   User   Inode
 *     00000000503cd966 3      3    0003   3     1 0      0      56514
 *
 * `null` where the kernel has none.
 */
export function readPacketSockets(host: HostReader): Known<readonly PacketSocket[]> {
  const sockets = mapKnown(knownOf(host.readTable(USE_PATHS.packetSockets)), (table) => {
    const [, ...lines] = table.split('\n').filter((line) => line.trim() !== '');
    const all = lines.map(parseSocket);
    return all.every((each) => each !== undefined)
      ? all.filter(({ interfaceIndex }) => interfaceIndex > 0)
      : BROKEN;
  });
  return mapKnown(sockets, (all) => {
    const owners = ownersOf(host, new Set(all.map(({ inode }) => inode)));
    return all.map(({ interfaceIndex, inode }) => ({ interfaceIndex, owner: owners.get(inode) ?? null }));
  });
}

interface Socket {
  readonly interfaceIndex: number;
  readonly inode: number;
}

function parseSocket(line: string): Socket | undefined {
  const [, , , , index = '', , , , inode = ''] = line.trim().split(/\s+/);
  if (![index, inode].every((digits) => /^\d{1,15}$/.test(digits))) return undefined;
  return { interfaceIndex: Number(index), inode: Number(inode) };
}

/** Who has sockets open: `/proc/902/fd/5 -> socket:[1234]`. */
function ownersOf(host: HostReader, inodes: ReadonlySet<number>): ReadonlyMap<number, string> {
  const owners = new Map<number, string>();
  const listed = inodes.size === 0 ? [] : (knownValue(knownAlways(host.list(USE_PATHS.processes))) ?? []);
  let left = MAX_LINKS;
  for (const pid of listed.filter((name) => /^\d{1,10}$/.test(name)).map(Number)) {
    const files = knownOf(host.list(`${processPath(pid)}/fd`));
    if (files === null || isUnknown(files)) continue;
    left -= files.length;
    if (left < 0) break;
    for (const file of files) {
      const target = host.readLink(`${processPath(pid)}/fd/${file}`);
      const inode = typeof target === 'string' ? Number(/^socket:\[(\d+)\]$/.exec(target)?.[1]) : Number.NaN;
      if (inodes.has(inode)) owners.set(inode, processTitle(host, pid));
    }
    if (owners.size === inodes.size) break;
  }
  return owners;
}

/** `nginx (pid 913)`. */
export function processTitle(host: HostReader, pid: number): string {
  const command = knownValue(readAttribute(host, `${processPath(pid)}/comm`));
  return `${command ?? 'a process'} (pid ${pid})`;
}
