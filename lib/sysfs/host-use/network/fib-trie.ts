import { ipv4Bits } from './ip-text.ts';

/** A network that is reached without a gateway. */
interface OwnNetwork {
  /** The first address of it, as a number of 32 bits. */
  readonly bits: number;
  readonly prefixLength: number;
}

/** The contents of the kernel's IPv4 tables, which name no interface. */
export interface FibTrie {
  /** The addresses of the host, without duplicates and loopback. */
  readonly addresses: readonly string[];
  /** The networks of these addresses: by a route without a gateway, in any table, or by a broadcast address. */
  readonly networks: readonly OwnNetwork[];
  /** Routes in tables other than `main` and `local`: `10.1.0.0/24 (table 100)`. */
  readonly otherRoutes: readonly string[];
}

const LEAF = /^\s*\|-- (\d{1,3}(?:\.\d{1,3}){3})$/;
const ENTRY = /^\s*\/(\d{1,2}) (\w+) (\w+)/;
const TABLE = /^(?:Id (\d+)|Main|Local):$/;
// The prefix lengths of networks that have a broadcast address.
const LONGEST = 30;
const SHORTEST = 1;

/**
 * Parses `/proc/net/fib_trie`: tables, which contain leaves, and below a leaf its routes.
 *
 *     Local:
 *       +-- 10.0.0.0/24 2 0 2
 *          |-- 10.0.0.5
 *             /32 host LOCAL
 *          |-- 10.0.0.255
 *             /32 link BROADCAST
 */
export function parseFibTrie(text: string): FibTrie {
  const addresses = new Set<string>();
  const broadcasts = new Set<number>();
  const networks = new Map<string, OwnNetwork>();
  const otherRoutes = new Set<string>();
  let table: string | undefined;
  let leaf = '';
  for (const line of text.split('\n')) {
    const [, found] = LEAF.exec(line) ?? [];
    const entry = found === undefined ? ENTRY.exec(line) : null;
    if (found !== undefined) leaf = found;
    else if (entry === null) {
      const head = TABLE.exec(line);
      if (head !== null) table = head[1];
    } else {
      const [, length = '', scope = '', type = ''] = entry;
      if (type === 'LOCAL' && length === '32') addresses.add(leaf);
      else if (type === 'BROADCAST') broadcasts.add(ipv4Bits(leaf));
      else if (type === 'UNICAST') {
        const prefixLength = Number(length);
        if (scope === 'link') add(networks, ipv4Bits(leaf), prefixLength);
        if (table !== undefined) otherRoutes.add(`${leaf}/${length} (table ${table})`);
      }
    }
  }
  const own = [...addresses].filter((each) => !each.startsWith('127.'));
  for (const address of own) addByBroadcast(networks, ipv4Bits(address), broadcasts);
  return { addresses: own, networks: [...networks.values()], otherRoutes: [...otherRoutes] };
}

function add(networks: Map<string, OwnNetwork>, bits: number, prefixLength: number): void {
  networks.set(`${bits}/${prefixLength}`, { bits, prefixLength });
}

/**
 * The network of an address by the broadcast address that the kernel adds with it. For each of these, the largest
 * network counts, and of those the smallest, so the result is never smaller than the real network.
 */
function addByBroadcast(
  networks: Map<string, OwnNetwork>,
  address: number,
  broadcasts: ReadonlySet<number>,
): void {
  let last: number | undefined;
  let smallest: number | undefined;
  for (let prefixLength = SHORTEST; prefixLength <= LONGEST; prefixLength += 1) {
    const end = (address | (0xffffffff >>> prefixLength)) >>> 0;
    if (end !== last && broadcasts.has(end)) smallest = prefixLength;
    last = end;
  }
  if (smallest !== undefined) add(networks, firstOf(address, smallest), smallest);
}

/** The first address of the network with a prefix length around an address, as numbers. */
export function firstOf(address: number, prefixLength: number): number {
  // In JavaScript, a shift by 32 is a shift by 0.
  return prefixLength === 0 ? 0 : (address & (0xffffffff << (32 - prefixLength))) >>> 0;
}
