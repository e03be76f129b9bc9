import type { IpAddress } from '../../../facts/network-use.ts';
import { type FibTrie, firstOf } from './fib-trie.ts';
import { ipv4Bits } from './ip-text.ts';

/** A route without a gateway, which may show the interface of an address. */
export interface LinkRoute {
  readonly interface: string;
  /** `10.0.0.0`. */
  readonly network: string;
  readonly prefixLength: number;
}

/**
 * Finds the interfaces of the host's addresses by the routes of the main table without a gateway. No file of the
 * kernel shows the interface of an IPv4 address, so this is the best that files allow:
 *
 * - An address belongs to the interfaces of the longest such network that contains it.
 * - If the kernel has a longer network, by a route in another table or by a broadcast address, the interface is
 *   unknown.
 * - If several addresses are in one network, only one must be on its interface: the others may be elsewhere.
 */
export function placeIpv4(trie: FibTrie, routes: readonly LinkRoute[]): readonly IpAddress[] {
  const interfaces = new Map<string, Set<string>>();
  for (const { interface: name, network, prefixLength } of routes) {
    if (prefixLength === 0 || prefixLength >= 32) continue;
    const key = keyOf(ipv4Bits(network), prefixLength);
    interfaces.set(key, (interfaces.get(key) ?? new Set()).add(name));
  }
  const known = new Set(trie.networks.map(({ bits, prefixLength }) => keyOf(bits, prefixLength)));
  const lengths = lengthsOf([...routes, ...trie.networks]);
  const placed = trie.addresses.map((address) => {
    const bits = ipv4Bits(address);
    const longest = (isThere: (key: string) => boolean): number =>
      lengths.find((length) => isThere(keyOf(bits, length))) ?? 0;
    const own = longest((key) => interfaces.has(key));
    const isElsewhere = longest((key) => known.has(key)) > own;
    return { address, own: isElsewhere ? 0 : own, key: keyOf(bits, own) };
  });
  const members = new Map<string, number>();
  for (const { own, key } of placed) if (own > 0) members.set(key, (members.get(key) ?? 0) + 1);
  return placed.map(({ address, own, key }): IpAddress => {
    if (own === 0) return { address, prefixLength: null, interfaces: [] };
    const place = { address, prefixLength: own, interfaces: [...(interfaces.get(key) ?? [])].sort() };
    return (members.get(key) ?? 0) > 1 ? { ...place, isGuess: true } : place;
  });
}

/** The prefix lengths of networks with more than one address and less than all, the longest first. */
function lengthsOf(networks: readonly { readonly prefixLength: number }[]): readonly number[] {
  const lengths = new Set(networks.map(({ prefixLength }) => prefixLength));
  return [...lengths].filter((length) => length > 0 && length < 32).sort((a, b) => b - a);
}

function keyOf(bits: number, prefixLength: number): string {
  return `${firstOf(bits, prefixLength)}/${prefixLength}`;
}
