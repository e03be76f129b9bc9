import { BROKEN, isUnknown, knownValue, mapKnown } from '../../base/known.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import type { IpAddress, IpRoute, IpUse } from '../../pci/host-use.ts';
import { USE_PATHS } from '../paths.ts';
import { formatIpv6, ipv4OfRoute, isInNetwork, prefixLengthOf, sharePrefix } from './ip-text.ts';
import { knownAlways } from './known-reading.ts';

// include/uapi/linux/route.h and ipv6_route.h
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;
const RTF_REJECT = 0x200;
const RTF_ANYCAST = 0x100000;
const RTF_LOCAL = 0x80000000;

const LINES = [...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_ '];
const LOOPBACK = 'lo';

/**
 * IPv4 addresses and routes. `/proc/net/route` has the main table, numbers in the byte order of the machine (taken for
 * little-endian) and of a route over several interfaces the first alone:
 *
 *     Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
 *     eth0	0000000A	00000000	0001	0	0	0	00FFFFFF	0	0	0
 *
 * No file says which interface has an address. `/proc/net/fib_trie` has all that are the host's own; one belongs to the
 * interfaces whose network, reached without a gateway, it is in.
 */
export function readIpv4(host: HostReader, isProcThere: boolean): IpUse {
  const settle = isProcThere ? knownOf : knownAlways;
  const routes = mapKnown(settle(host.readLines(USE_PATHS.ipv4Routes, LINES)), (lines) => {
    const all = lines.filter((line) => !line.startsWith('Iface\t')).map(parseRoute);
    return all.every((route) => route !== undefined) ? all.filter(({ isUsed }) => isUsed) : BROKEN;
  });
  const addresses = mapKnown(settle(host.readText(USE_PATHS.ipv4Tables)), (table) =>
    isUnknown(routes)
      ? routes
      : localAddresses(table).map((address) => placed(address, knownValue(routes) ?? [])),
  );
  const own = knownValue(addresses) ?? [];
  return { addresses, routes: mapKnown(routes, (all) => all.map((route) => toRoute(route, own))) };
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

function toRoute(route: Route, addresses: readonly IpAddress[]): IpRoute {
  const { interface: name, network, prefixLength, gateway } = route;
  const isOwnNetwork =
    gateway === null &&
    addresses.some((own) => own.interfaces.includes(name) && isInNetwork(own.address, network, prefixLength));
  return { interface: name, destination: `${network}/${prefixLength}`, gateway, isOwnNetwork };
}

/** The leaves of the trie that say `/32 host LOCAL` below an address: `|-- 10.0.0.5`. Loopback is left out. */
export function localAddresses(table: string): readonly string[] {
  const found = new Set<string>();
  let address: string | undefined;
  for (const line of table.split('\n')) {
    const leaf = /\|-- (\d{1,3}(?:\.\d{1,3}){3})$/.exec(line);
    if (leaf !== null) address = leaf[1];
    else if (address !== undefined && /^\s*\/32 host LOCAL$/.test(line)) found.add(address);
  }
  return [...found].filter((each) => !each.startsWith('127.'));
}

function placed(address: string, routes: readonly Route[]): IpAddress {
  const near = routes
    .filter(({ gateway, prefixLength }) => gateway === null && prefixLength > 0 && prefixLength < 32)
    .filter(({ network, prefixLength }) => isInNetwork(address, network, prefixLength));
  const longest = Math.max(0, ...near.map(({ prefixLength }) => prefixLength));
  const own = near.filter(({ prefixLength }) => prefixLength === longest);
  return {
    address,
    prefixLength: own.length === 0 ? null : longest,
    interfaces: [...new Set(own.map((route) => route.interface))].sort(),
  };
}

/**
 * IPv6 addresses and routes, loopback and what the kernel makes by itself for each interface left out:
 * `/proc/net/if_inet6` (address, index, prefix length, scope, flags, interface) and `/proc/net/ipv6_route` (network,
 * its length, source, its length, gateway, metric, counters, flags, interface). `null` where IPv6 is switched off.
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
    const all = lines.map((line) => parseIpv6Route(line, knownValue(own) ?? []));
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

/** `null` for a route that says nothing of how the interface is used. */
function parseIpv6Route(line: string, addresses: readonly Ipv6Address[]): IpRoute | null | undefined {
  const match =
    /^([0-9a-f]{32}) ([0-9a-f]{2}) [0-9a-f]{32} [0-9a-f]{2} ([0-9a-f]{32}) (?:[0-9a-f]{8} ){3}([0-9a-f]{8}) +(\S+)$/.exec(
      line,
    );
  if (match === null) return undefined;
  const [, network = '', length = '', gateway = '', flagDigits = '', name = ''] = match;
  const flags = Number.parseInt(flagDigits, 16);
  // A bitwise AND is signed, and the flag of local routes is the sign.
  const isOwn = flags >= RTF_LOCAL || (flags & (RTF_REJECT | RTF_ANYCAST)) !== 0 || (flags & RTF_UP) === 0;
  if (isOwn || name === LOOPBACK || /^(fe80|ff)/.test(network)) return null;
  const prefixLength = Math.min(128, Number.parseInt(length, 16));
  const isDirect = (flags & RTF_GATEWAY) === 0;
  return {
    interface: name,
    destination: `${formatIpv6(network)}/${prefixLength}`,
    gateway: isDirect ? null : formatIpv6(gateway),
    isOwnNetwork:
      isDirect &&
      addresses.some((own) => own.interface === name && sharePrefix(own.digits, network, prefixLength)),
  };
}
