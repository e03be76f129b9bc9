import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';

export type InterfaceKind =
  | 'bridge'
  | 'bond'
  | 'team'
  | 'vrf'
  | 'openvswitch'
  | 'vlan'
  | 'macvlan'
  | 'ipvlan'
  | 'macsec'
  | 'vxlan'
  | 'tunnel'
  | 'other';

/** The protocol of a link; `other` for any that is not named here. */
export type LinkLayer = 'ethernet' | 'infiniband' | 'can' | 'other';

/** A network interface, of a device or made of others. */
export interface NetInterface {
  readonly name: string;
  readonly function: PciAddress | null;
  /** Its number in its network namespace. */
  readonly index: Known<number>;
  /** Of an interface that is made by software; `other` too for one of a device. */
  readonly kind: InterfaceKind;
  readonly linkLayer: Known<LinkLayer>;
  /** Which port of its function it is, from 0. */
  readonly port: Known<number>;
  /** Whether it is switched on. */
  readonly isUp: Known<boolean>;
  /** The kernel's operational state: `up`, `down`, `lowerlayerdown`, `unknown`. */
  readonly state: Known<string>;
  /** The interfaces that are made of it, and the bridge, bond or team that it is in. */
  readonly uppers: Known<readonly string[]>;
  /** Why more may be made of it; `null` if that is all. */
  readonly missedUppers: Known<never>;
  /** The bridge, bond, team or VRF that it is in. */
  readonly master: Known<string>;
  /** Which port of a card it is: `p0`, and `pf0vf1` for one that stands for a VF; `null` for most. */
  readonly portName?: Known<string>;
  /** What works with it directly, without an interface above it: `PPPoE session 2816`, `XDP program 12`. */
  readonly users: Known<readonly string[]>;
}

/** An address of the host. */
export interface IpAddress {
  /** `10.0.0.5`, `2001:db8::5`. */
  readonly address: string;
  /** `null` where nothing tells it. */
  readonly prefixLength: number | null;
  /** The interfaces that have it; empty where that is not told. */
  readonly interfaces: readonly string[];
  /** Whether the interfaces only follow from the routes, and others may have it: several addresses are in one network. */
  readonly isGuess?: true;
}

export interface IpRoute {
  readonly interface: string;
  /** `10.0.0.0/24`; `0.0.0.0/0` is the default route. */
  readonly destination: string;
  /** `null` for what is reached without one. */
  readonly gateway: string | null;
  /** Whether it is no more than the network of an address that the interface has. */
  readonly isOwnNetwork: boolean;
}

/** Addresses and routes of one family. `null` if the kernel does not support the family. */
export interface IpUse {
  readonly addresses: Known<readonly IpAddress[]>;
  readonly routes: Known<readonly IpRoute[]>;
  /** Destinations of routes whose interface is not told, with their table: `10.1.0.0/24 (table 100)`. */
  readonly unplacedRoutes?: readonly string[];
}

/** A socket that gets all packets of one interface (AF_PACKET): a DHCP client, a capture, an intrusion detection. */
export interface PacketSocket {
  /** The number of the interface. */
  readonly interfaceIndex: number;
  /** Who has it open: `dhclient (pid 640)`; `null` where that is not known. */
  readonly owner: string | null;
}

/** A connection with another host. */
export interface Connection {
  /** The address of this host. */
  readonly local: string;
  /** The address of the other one; `null` if it is not told. */
  readonly peer: string | null;
  /** Who has it: `sshd (pid 640)`; by its port if that is not known. */
  readonly owner: string;
  readonly pid: number | null;
  /** Whether somebody works on this host through it: SSH, Telnet, VNC, RDP, Mosh. */
  readonly isLogin: boolean;
}

/** A port of a function, as its driver or the kernel's RDMA stack names it: `mlx4_port2`, `mlx5_0 port 1`. */
export interface FunctionPort {
  readonly name: string;
  readonly linkLayer: Known<LinkLayer>;
}

export interface FunctionPorts {
  readonly function: PciAddress;
  readonly ports: Known<readonly FunctionPort[]>;
}

/** A part of the kernel that works over RDMA. */
export interface RdmaUser {
  /** The device of RDMA: `mlx5_0`; `null` if nothing says which. */
  readonly device: string | null;
  /** `nvme_rdma`. */
  readonly user: string;
}

/** Files that show which interfaces there should be, and services that work without them. */
export interface NetworkUse {
  /** The ports of the functions that have or may have any. */
  readonly ports: Known<readonly FunctionPorts[]>;
  /** Whether the kernel makes an interface for each InfiniBand port. */
  readonly hasIpoib: Known<boolean>;
  readonly rdmaUsers: Known<readonly RdmaUser[]>;
}

/** An interface in another network namespace. */
export interface ElsewhereInterface {
  readonly name: string;
  /** Who is there: `nginx (pid 913)`, or the path that the namespace is mounted at. */
  readonly where: string;
  /** The function that it is an interface of. */
  readonly function: PciAddress | null;
  readonly kind: InterfaceKind;
  /** The number that the interface it is made of has in another namespace; `null` if it is made of none. */
  readonly madeOf: number | null;
}

/** The network namespaces other than the reader's. */
export interface ElsewhereUse {
  readonly interfaces: readonly ElsewhereInterface[];
  /** The namespaces of which it could not be read what their interfaces are made of. */
  readonly unseen: readonly string[];
  /** Why there may be namespaces that were not found; `null` if there are none. */
  readonly missed: Known<never>;
}
