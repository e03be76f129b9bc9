import { knownValue } from '../../base/known.ts';
import { isSameIp, prefixMatch } from '../../facts/ip-match.ts';
import type { Connection } from '../../facts/network-use.ts';
import type { BlockDevice, RemoteStorage } from '../../facts/storage-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { SafetyView } from './safety-view.ts';
import type { PlacedMount, StorageGraph } from './storage-graph.ts';

/** A part of a mount that is on another host, and its disk; `null` for the mount itself. */
export interface RemotePart {
  readonly remote: RemoteStorage;
  readonly block: BlockDevice | null;
}

/** DRBD without a local disk reads and writes at its peer, which sysfs does not name. */
const DISKLESS: RemoteStorage = { protocol: 'DRBD', own: [], peers: [], interfaces: [] };
/** A disk with an unknown connection. */
export const UNKNOWN_REMOTE: RemoteStorage = {
  protocol: 'an unknown protocol',
  own: [],
  peers: [],
  interfaces: [],
};

/** The parts of a mount on other hosts, including everything that it is built on. */
export function remotePartsOf(top: PlacedMount, graph: StorageGraph): readonly RemotePart[] {
  const parts: RemotePart[] = [];
  const seen = new Set<PlacedMount | string>();
  const lookAtBlock = (name: string): void => {
    const block = graph.names.named(name);
    if (block === undefined || seen.has(name)) return;
    seen.add(name);
    const below = graph.below(name);
    for (const each of below) lookAtBlock(each);
    const file = knownValue(block.backingFile);
    if (file !== undefined && below.length === 0)
      for (const each of graph.mountsOfFile(file)) lookAtMount(each);
    const remote = block.remote === null ? null : (knownValue(block.remote) ?? UNKNOWN_REMOTE);
    if (block.partitionOf === null && remote !== null) parts.push({ remote, block });
    if (block.kind === 'drbd' && below.length === 0) parts.push({ remote: DISKLESS, block });
  };
  const lookAtMount = (place: PlacedMount): void => {
    if (seen.has(place)) return;
    seen.add(place);
    const { remote } = place.mount;
    if (remote !== null) parts.push({ remote, block: null });
    for (const name of graph.blocksOf(place)) lookAtBlock(name);
    for (const below of graph.mountsBelow(place)) lookAtMount(below);
  };
  lookAtMount(top);
  return parts;
}

/** How a function carries storage of another host. */
export interface Carrying {
  /** The paths through its interfaces, one line each; empty if another function carries it, as far as known. */
  readonly ways: readonly string[];
  /** Whether the interface is known. */
  readonly isKnown: boolean;
}

/**
 * Finds the interfaces for remote storage: those that it names, those with its local addresses, those of the route to
 * the peers.
 */
export function carryingOf(address: PciAddress, remote: RemoteStorage, view: SafetyView): Carrying {
  const { interfaces, ipv4, ipv6 } = view.host.use;
  const addresses = [ipv4, ipv6].flatMap((family) => knownValue(family.addresses) ?? []);
  const used = new Map<string, string>();
  for (const { name } of knownValue(interfaces) ?? []) {
    if (remote.interfaces.includes(name)) used.set(name, `${remote.protocol} uses ${name}`);
  }
  for (const own of remote.own) {
    for (const each of addresses.filter((other) => isSameIp(own, other.address))) {
      for (const name of each.interfaces) used.set(name, `${remote.protocol} uses the address ${own}`);
    }
  }
  for (const { local, owner } of connectionsOf(remote, view)) {
    for (const each of addresses.filter((other) => isSameIp(local, other.address))) {
      for (const name of each.interfaces)
        used.set(name, `${remote.protocol} uses the connection of ${owner}`);
    }
  }
  const isHere = remote.peers.length > 0 && remote.peers.every((peer) => isOwn(peer, addresses));
  for (const peer of remote.peers) {
    for (const name of wayTo(peer, view)) used.set(name, `${remote.protocol} connects to ${peer} through it`);
  }
  const stack = view.network.stackOn(address);
  return {
    ways: stack.flatMap(({ interface: { name }, path }) => {
      const why = used.get(name);
      return why === undefined ? [] : [`${path}: ${why}`];
    }),
    isKnown: used.size > 0 || isHere,
  };
}

function connectionsOf({ client }: RemoteStorage, { host }: SafetyView): readonly Connection[] {
  if (client === undefined) return [];
  return (knownValue(host.live.connections) ?? []).filter(({ pid }) => pid === client);
}

function isOwn(peer: string, addresses: readonly { readonly address: string }[]): boolean {
  return /^(127\.|::1$)/.test(peer) || addresses.some(({ address }) => isSameIp(peer, address));
}

/** The interfaces of the most specific routes to an address. */
function wayTo(peer: string, { host }: SafetyView): readonly string[] {
  const routes = [host.use.ipv4, host.use.ipv6].flatMap((family) => knownValue(family.routes) ?? []);
  const matching = routes.flatMap((route) => {
    const length = prefixMatch(peer, route.destination);
    return length === undefined ? [] : [{ name: route.interface, length }];
  });
  const longest = Math.max(-1, ...matching.map(({ length }) => length));
  return matching.filter(({ length }) => length === longest).map(({ name }) => name);
}
