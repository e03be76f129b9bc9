import type { IpAddress, IpRoute, IpUse } from '../../../facts/network-use.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { firstOf } from './fib-trie.ts';
import { ipv4Bits } from './ip-text.ts';
import { OwnNetworks } from './own-networks.ts';

/** The facts of an interface that the kernel reports, and no file contains. */
export interface ToldLink {
  readonly name: string;
  readonly index: number;
  /** The type by its driver: `vlan`, `macvlan`, `veth`. */
  readonly kind: string | undefined;
  /** Its lower interface, in its own namespace. */
  readonly madeOf: string | null;
  /** The number of its lower interface, if that is in another namespace. */
  readonly madeOfElsewhere: number | null;
  /** The address of its device, as in `ip`: `0000:01:00.0`. */
  readonly parent: string | null;
  /** The numbers of its XDP programs. */
  readonly programs: readonly number[];
}

/** The answers of the kernel. */
export interface NetworkAnswers {
  readonly links: readonly ToldLink[];
  readonly ipv4: IpUse;
}

const ADDRESSES = ['-details', '-json', 'address', 'show'];
const ROUTES = ['-4', '-json', 'route', 'show', 'table', 'all'];

/**
 * The kernel's data about interfaces, IPv4 addresses and the routes of all tables, by `ip`; `null` on a host that
 * cannot be asked, and if `ip` is missing or does not print JSON. IPv6 does not need it: its files name interfaces.
 */
export function askNetwork(host: HostReader): NetworkAnswers | null {
  const addresses = answerOf(host.ask?.('ip', ADDRESSES));
  if (addresses === null) return null;
  const links = parseLinks(addresses);
  const ipv4 = parseIpv4(addresses, answerOf(host.ask?.('ip', ROUTES)));
  return links === null || ipv4 === null ? null : { links, ipv4 };
}

/** The links of another namespace, by one of its processes or its mount point. */
export function askLinks(host: HostReader, namespace: string): readonly ToldLink[] | null {
  const answer = answerOf(host.ask?.('nsenter', [`--net=${namespace}`, '--', 'ip', ...ADDRESSES]));
  return answer === null ? null : parseLinks(answer);
}

type Row = Readonly<Record<string, unknown>>;

/** A list of objects, or `null` for anything else. */
function answerOf(answer: unknown): readonly Row[] | null {
  if (typeof answer !== 'string') return null;
  // Older versions print nothing if there are no routes.
  const text = answer.trim() === '' ? '[]' : answer;
  try {
    const rows: unknown = JSON.parse(text);
    return Array.isArray(rows) ? rows.filter(isRow) : null;
  } catch {
    return null;
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rowsIn(row: Row, key: string): readonly Row[] {
  const value = row[key];
  return Array.isArray(value) ? value.filter(isRow) : [];
}

function textOf(row: Row, key: string): string | null {
  const value = row[key];
  return typeof value === 'string' ? value : null;
}

function numberOf(row: Row, key: string): number | null {
  const value = row[key];
  return typeof value === 'number' ? value : null;
}

// Two ends of one pair: neither is on top of the other.
const PAIRS: ReadonlySet<string> = new Set(['veth', 'netkit', 'vxcan']);

function parseLinks(rows: readonly Row[]): readonly ToldLink[] | null {
  const links: ToldLink[] = [];
  for (const row of rows) {
    const name = textOf(row, 'ifname');
    const index = numberOf(row, 'ifindex');
    // For an interface without addresses of a family, some versions print an empty object.
    if (name === null && index === null) continue;
    if (name === null || index === null) return null;
    const info = row['linkinfo'];
    const kind = isRow(info) ? (textOf(info, 'info_kind') ?? undefined) : undefined;
    const isPair = kind !== undefined && PAIRS.has(kind);
    const link = textOf(row, 'link');
    links.push({
      name,
      index,
      kind,
      madeOf: isPair ? null : link,
      madeOfElsewhere: isPair || link !== null ? null : positive(numberOf(row, 'link_index')),
      parent: textOf(row, 'parentbus') === 'pci' ? textOf(row, 'parentdev') : null,
      programs: programsOf(row['xdp']),
    });
  }
  return links;
}

function positive(index: number | null): number | null {
  return index === 0 ? null : index;
}

/** Of `{"mode":1,"prog":{"id":12}}`, or with several modes `{"attached":[{…},{…}]}`. */
function programsOf(xdp: unknown): readonly number[] {
  if (!isRow(xdp)) return [];
  return [xdp, ...rowsIn(xdp, 'attached')].flatMap((each) => {
    const program = each['prog'];
    const id = isRow(program) ? numberOf(program, 'id') : null;
    return id === null ? [] : [id];
  });
}

function parseIpv4(links: readonly Row[], routes: readonly Row[] | null): IpUse | null {
  if (routes === null) return null;
  const addresses = links.flatMap(addressesOf);
  const own = new OwnNetworks(addresses, (address, length) => String(firstOf(ipv4Bits(address), length)));
  const parsed = routes.map((row) => parseRoute(row, own));
  if (!parsed.every((each) => each !== undefined)) return null;
  return { addresses, routes: parsed.flat() };
}

function addressesOf(link: Row): readonly IpAddress[] {
  const name = textOf(link, 'ifname');
  if (name === null) return [];
  return rowsIn(link, 'addr_info').flatMap((row): readonly IpAddress[] => {
    const address = textOf(row, 'local');
    if (textOf(row, 'family') !== 'inet' || address === null || !IPV4.test(address)) return [];
    if (address.startsWith('127.')) return [];
    return [{ address, prefixLength: numberOf(row, 'prefixlen'), interfaces: [name] }];
  });
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** A route for each of its interfaces; none for a route to no destination. Undefined if it is invalid. */
function parseRoute(row: Row, own: OwnNetworks): readonly IpRoute[] | undefined {
  const type = textOf(row, 'type') ?? 'unicast';
  if (type !== 'unicast') return [];
  const destination = textOf(row, 'dst');
  const [network = '', length = '32'] =
    destination === 'default' ? ['0.0.0.0', '0'] : (destination?.split('/') ?? []);
  if (!IPV4.test(network) || !/^\d{1,2}$/.test(length)) return undefined;
  const hops = rowsIn(row, 'nexthops');
  return (hops.length === 0 ? [row] : hops).flatMap((hop): readonly IpRoute[] => {
    const name = textOf(hop, 'dev');
    if (name === null) return [];
    const gateway = gatewayOf(hop);
    return [
      {
        interface: name,
        destination: `${network}/${length}`,
        gateway,
        isOwnNetwork: gateway === null && own.has(name, network, Number(length)),
      },
    ];
  });
}

/** `gateway`, or `via` for a gateway of another family: `{"family":"inet6","host":"fe80::1"}`. */
function gatewayOf(hop: Row): string | null {
  const via = hop['via'];
  return textOf(hop, 'gateway') ?? (isRow(via) ? textOf(via, 'host') : null);
}
