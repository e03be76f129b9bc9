import type { InterfaceKind, LinkLayer } from '../../../facts/network-use.ts';

/** By the type that a driver reports for its interfaces: `DEVTYPE` in `uevent`, `info_kind` of `ip`. */
const KINDS: Readonly<Record<string, InterfaceKind>> = {
  bridge: 'bridge',
  bond: 'bond',
  team: 'team',
  vrf: 'vrf',
  openvswitch: 'openvswitch',
  vlan: 'vlan',
  macvlan: 'macvlan',
  macvtap: 'macvlan',
  ipvlan: 'ipvlan',
  ipvtap: 'ipvlan',
  macsec: 'macsec',
  vxlan: 'vxlan',
  gre: 'tunnel',
  gretap: 'tunnel',
  erspan: 'tunnel',
  ip6gre: 'tunnel',
  ip6gretap: 'tunnel',
  ip6erspan: 'tunnel',
  ipip: 'tunnel',
  ip6tnl: 'tunnel',
  sit: 'tunnel',
  vti: 'tunnel',
  vti6: 'tunnel',
  xfrm: 'tunnel',
  lowpan: 'tunnel',
};

export function kindOfWord(word: string | undefined): InterfaceKind {
  return (word === undefined ? undefined : KINDS[word]) ?? 'other';
}

// include/uapi/linux/if_arp.h: ETHER, INFINIBAND, CAN.
const LAYERS: Readonly<Record<string, LinkLayer>> = { 1: 'ethernet', 32: 'infiniband', 280: 'can' };

/** By the number in the attribute `type` of an interface. */
export function linkLayerOfType(type: string): LinkLayer {
  return LAYERS[type] ?? 'other';
}

// TUNNEL, TUNNEL6, SIT, IPGRE, IP6GRE, 6LOWPAN, NONE (of XFRM): interfaces that can be bound to another, which is
// then their `iflink`.
const TUNNEL_TYPES: ReadonlySet<string> = new Set(['768', '769', '776', '778', '823', '825', '65534']);

export function isTunnelType(type: string): boolean {
  return TUNNEL_TYPES.has(type);
}

/**
 * Interfaces that a kernel module creates in every network namespace when it is loaded; no interface is on top of
 * these.
 */
export const FALLBACK_NAMES: ReadonlySet<string> = new Set([
  'lo',
  'tunl0',
  'gre0',
  'gretap0',
  'erspan0',
  'ip_vti0',
  'ip6_vti0',
  'sit0',
  'ip6tnl0',
  'ip6gre0',
]);
