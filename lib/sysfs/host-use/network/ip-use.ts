import { BROKEN, isUnknown, knownValue, mapKnown } from '../../../base/known.ts';
import type { IpAddress, IpRoute, IpUse } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { USE_PATHS } from '../../paths.ts';
import { knownAlways } from '../known-reading.ts';
import { firstOf, parseFibTrie } from './fib-trie.ts';
import { formatIpv6, ipv4Bits, ipv4OfRoute, prefixLengthOf } from './ip-text.ts';
import { OwnNetworks } from './own-networks.ts';
import { placeIpv4 } from './place-ipv4.ts';

// include/uapi/linux/route.h and ipv6_route.h
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;
const RTF_REJECT = 0x200;
const RTF_ANYCAST = 0x100000;
const RTF_LOCAL = 0x80000000;

// The name of an interface may begin with nearly any character.
const LINES = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index));
const LOOPBACK = 'lo';

/**
 * IPv4 addresses and routes. `/proc/net/route` has the main table. Its numbers are in the byte order of the machine
 * (assumed to be little-endian), and it has only the first interface of a route over several:
 *
 *     Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
 *     eth0	0000000A	00000000	0001	0	0	0	00FFFFFF	0	0	0
 *
 * `/proc/net/fib_trie` has the addresses of the host, and no file shows their interfaces: see `placeIpv4`.
 */
export function readIpv4(host: HostReader, isProcThere: boolean): IpUse {
  const settle = isProcThere ? knownOf : knownAlways;
  const rows = mapKnown(settle(host.readLines(USE_PATHS.ipv4Routes, LINES)), (lines) => {
    const all = lines.filter((line) => !line.startsWith('Iface\t')).map(parseRoute);
    return all.every((route) => route !== undefined) ? all.filter(({ isUsed }) => isUsed) : BROKEN;
  });
  const trie = mapKnown(settle(host.readTable(USE_PATHS.ipv4Tables)), parseFibTrie);
  const onLink = (knownValue(rows) ?? []).filter(({ gateway }) => gateway === null);
  const addresses = mapKnown(trie, (all) => (isUnknown(rows) ? rows : placeIpv4(all, onLink)));
  const own = new OwnNetworks(knownValue(addresses) ?? [], ipv4NetworkOf);
  const others = knownValue(trie)?.otherRoutes ?? [];
  return {
    addresses,
    routes: mapKnown(rows, (all) => all.map((route) => toRoute(route, own))),
    ...(others.length === 0 ? {} : { unplacedRoutes: others }),
  };
}

interface Route {
  readonly interface: string;
  readonly network: string;
  readonly prefixLength: number;
  readonly gateway: string | null;
  readonly isUsed: boolean;
}

function parseRoute(line: string): Route | undefined {
  const fields = line.split('\t').map((field) => field.trim());
  const [name = '', network = '', gateway = '', flagDigits = '', , , , mask = ''] = fields;
  if (![network, gateway, mask].every((digits) => /^[0-9A-F]{8}$/i.test(digits))) return undefined;
  if (!/^[0-9A-F]{4,8}$/i.test(flagDigits)) return undefined;
  const flags = Number.parseInt(flagDigits, 16);
  return {
    interface: name,
    network: ipv4OfRoute(network),
    prefixLength: prefixLengthOf(mask),
    gateway: (flags & RTF_GATEWAY) === 0 ? null : ipv4OfRoute(gateway),
    isUsed: (flags & RTF_UP) !== 0 && (flags & RTF_REJECT) === 0 && name !== '*',
  };
}

function toRoute({ interface: name, network, prefixLength, gateway }: Route, own: OwnNetworks): IpRoute {
  const isOwnNetwork = gateway === null && own.has(name, network, prefixLength);
  return { interface: name, destination: `${network}/${prefixLength}`, gateway, isOwnNetwork };
}

function ipv4NetworkOf(address: string, prefixLength: number): string {
  return String(firstOf(ipv4Bits(address), prefixLength));
}

/**
 * IPv6 addresses and routes, without loopback and those that the kernel creates for each interface:
 * `/proc/net/if_inet6` (address, index, prefix length, scope, flags, interface) and `/proc/net/ipv6_route` (network,
 * its length, source, its length, gateway, metric, counters, flags, interface). `null` if IPv6 is disabled.
 */
export function readIpv6(host: HostReader, isProcThere: boolean): IpUse {
  const settle = isProcThere ? knownOf : knownAlways;
  const own = mapKnown(settle(host.readLines(USE_PATHS.ipv6Addresses, LINES)), (lines) => {
    const all = lines.map(parseIpv6Address);
    return all.every((each) => each !== undefined)
      ? all.filter((each) => each.interface !== LOOPBACK)
      : BROKEN;
  });
  const routes = mapKnown(settle(host.readLines(USE_PATHS.ipv6Routes, LINES)), (lines) => {
    const networks = new OwnNetworks(
      (knownValue(own) ?? []).map((each) => ({ address: each.digits, interfaces: [each.interface] })),
      ipv6NetworkOf,
    );
    const all = lines.map((line) => parseIpv6Route(line, networks));
    return all.every((each) => each !== undefined) ? all.flatMap((route) => route ?? []) : BROKEN;
  });
  return { addresses: mapKnown(own, (all) => all.map(toAddress)), routes };
}

interface Ipv6Address {
  readonly digits: string;
  readonly prefixLength: number;
  readonly interface: string;
}

function parseIpv6Address(line: string): Ipv6Address | undefined {
  const match = /^([0-9a-f]{32}) [0-9a-f]+ ([0-9a-f]{2}) [0-9a-f]{2} [0-9a-f]{2,4} +(\S+)$/.exec(line);
  if (match === null) return undefined;
  const [, digits = '', length = '', name = ''] = match;
  return { digits, prefixLength: Math.min(128, Number.parseInt(length, 16)), interface: name };
}

function toAddress({ digits, prefixLength, interface: name }: Ipv6Address): IpAddress {
  return { address: formatIpv6(digits), prefixLength, interfaces: [name] };
}

/** `null` for a route that does not show a use of the interface. */
function parseIpv6Route(line: string, networks: OwnNetworks): IpRoute | null | undefined {
  const match =
    /^([0-9a-f]{32}) ([0-9a-f]{2}) [0-9a-f]{32} [0-9a-f]{2} ([0-9a-f]{32}) (?:[0-9a-f]{8} ){3}([0-9a-f]{8}) +(\S+)$/.exec(
      line,
    );
  if (match === null) return undefined;
  const [, network = '', length = '', gateway = '', flagDigits = '', name = ''] = match;
  const flags = Number.parseInt(flagDigits, 16);
  // A bitwise AND is signed, and the flag of local routes is the sign bit.
  const isOwn = flags >= RTF_LOCAL || (flags & (RTF_REJECT | RTF_ANYCAST)) !== 0 || (flags & RTF_UP) === 0;
  if (isOwn || name === LOOPBACK || /^(fe80|ff)/.test(network)) return null;
  const prefixLength = Math.min(128, Number.parseInt(length, 16));
  const isDirect = (flags & RTF_GATEWAY) === 0;
  return {
    interface: name,
    destination: `${formatIpv6(network)}/${prefixLength}`,
    gateway: isDirect ? null : formatIpv6(gateway),
    isOwnNetwork: isDirect && networks.has(name, network, prefixLength),
  };
}

function ipv6NetworkOf(digits: string, prefixLength: number): string {
  return (BigInt(`0x${digits}`) >> BigInt(128 - prefixLength)).toString(16);
}
