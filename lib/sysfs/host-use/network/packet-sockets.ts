import { BROKEN, type Known, knownValue, mapKnown } from '../../../base/known.ts';
import type { PacketSocket } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { processPath, USE_PATHS } from '../../paths.ts';
import { readAttribute } from '../known-reading.ts';

/**
 * The packet sockets of `/proc/net/packet` that are bound to one interface, by its number (`Iface`; 0 for all
 * interfaces):
 *
 *     sk               RefCnt Type Proto  Iface R Rmem   User   Inode
 *     00000000503cd966 3      3    0003   3     1 0      0      56514
 *
 * `null` if the kernel has none.
 *
 * @param owners by the inode of a socket a process that has it open
 */
export function readPacketSockets(
  host: HostReader,
  owners: ReadonlyMap<number, number>,
): Known<readonly PacketSocket[]> {
  const sockets = mapKnown(knownOf(host.readTable(USE_PATHS.packetSockets)), (table) => {
    const [, ...lines] = table.split('\n').filter((line) => line.trim() !== '');
    const all = lines.map(parseSocket);
    return all.every((each) => each !== undefined)
      ? all.filter(({ interfaceIndex }) => interfaceIndex > 0)
      : BROKEN;
  });
  return mapKnown(sockets, (all) =>
    all.map(({ interfaceIndex, inode }) => {
      const pid = owners.get(inode);
      return { interfaceIndex, owner: pid === undefined ? null : processTitle(host, pid) };
    }),
  );
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

/** `nginx (pid 913)`. */
export function processTitle(host: HostReader, pid: number): string {
  const command = knownValue(readAttribute(host, `${processPath(pid)}/comm`));
  return `${command ?? 'a process'} (pid ${pid})`;
}
