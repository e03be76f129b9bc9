import { BROKEN, isUnknown, type Known } from '../../../base/known.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { formatIpv6, ipv4OfRoute } from './ip-text.ts';

/** A socket of TCP or UDP. */
export interface InetSocket {
  readonly local: string;
  readonly localPort: number;
  readonly peer: string;
  /** The kernel's number: 1 for a connected socket, 10 for a listening one. */
  readonly state: number;
  readonly inode: number;
}

const LINE =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} ([0-9A-F]{2}) (?:\S+\s+){5}(\d+)/;

/**
 * Tables such as `/proc/net/tcp` and `/proc/net/tcp6`, with addresses in words of 32 bits in the byte order of the
 * machine (assumed to be little-endian):
 *
 *      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *       0: 0500000A:0016 070200C0:C3CA 01 00000000:00000000 02:0009C0B8 00000000     0        0 20512 …
 */
export function readSockets(host: HostReader, paths: readonly string[]): Known<readonly InetSocket[]> {
  const sockets: InetSocket[] = [];
  for (const path of paths) {
    const table = knownOf(host.readTable(path));
    if (isUnknown(table)) return table;
    const [, ...lines] = (table ?? '').split('\n');
    for (const line of lines) {
      if (line.trim() === '') continue;
      const socket = parseSocket(line);
      if (socket === undefined) return BROKEN;
      sockets.push(socket);
    }
  }
  return sockets;
}

function parseSocket(line: string): InetSocket | undefined {
  const [, local, port = '', peer, state = '', inode = ''] = LINE.exec(line) ?? [];
  if (local === undefined || peer === undefined) return undefined;
  return {
    local: addressOf(local),
    localPort: Number.parseInt(port, 16),
    peer: addressOf(peer),
    state: Number.parseInt(state, 16),
    inode: Number(inode),
  };
}

/** An IPv4 address in its own form, even if a socket for both families has it. */
function addressOf(hexDigits: string): string {
  if (hexDigits.length === 8) return ipv4OfRoute(hexDigits);
  const words = hexDigits.match(/.{8}/g) ?? [];
  const bytes = words.map((word) => (word.match(/../g) ?? []).reverse().join('')).join('');
  if (/^0{20}FFFF/.test(bytes)) return ipv4OfRoute(words.at(-1) ?? '');
  return formatIpv6(bytes.toLowerCase());
}
