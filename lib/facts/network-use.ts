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

/** The protocol of a link; `other` for all protocols not in this list. */
export type LinkLayer = 'ethernet' | 'infiniband' | 'can' | 'other';

/** A network interface, of a device or of software. */
export interface NetInterface {
  readonly name: string;
  readonly function: PciAddress | null;
  /** Its number in its network namespace. */
  readonly index: Known<number>;
  /** For an interface of software; `other` also for one of a device. */
  readonly kind: InterfaceKind;
  readonly linkLayer: Known<LinkLayer>;
  /** The port of its function, from 0. */
  readonly port: Known<number>;
  /** Whether the interface is set up. */
  readonly isUp: Known<boolean>;
  /** The kernel's operational state: `up`, `down`, `lowerlayerdown`, `unknown`. */
  readonly state: Known<string>;
  /** The interfaces on top of it, and the bridge, bond or team that it is in. */
  readonly uppers: Known<readonly string[]>;
  /** Why there may be more interfaces on top of it; `null` if these are all. */
  readonly missedUppers: Known<never>;
  /** The bridge, bond, team or VRF that it is in. */
  readonly master: Known<string>;
  /** The port of the card: `p0`, and `pf0vf1` for a representor of a VF; `null` for most. */
  readonly portName?: Known<string>;
  /** Its direct users, without an interface on top of it: `PPPoE session 2816`, `XDP program 12`. */
  readonly users: Known<readonly string[]>;
}

/** An address of the host. */
export interface IpAddress {
  /** `10.0.0.5`, `2001:db8::5`. */
  readonly address: string;
  /** `null` if it is unknown. */
  readonly prefixLength: number | null;
  /** The interfaces that have it; empty if that is unknown. */
  readonly interfaces: readonly string[];
  /**
   * Whether the interfaces are only derived from the routes, so that others may have it: several addresses are in one
   * network.
   */
  readonly isGuess?: true;
}

export interface IpRoute {
  readonly interface: string;
  /** `10.0.0.0/24`; `0.0.0.0/0` is the default route. */
  readonly destination: string;
  /** `null` for a destination without a gateway. */
  readonly gateway: string | null;
  /** Whether it is only the network of an address of the interface. */
  readonly isOwnNetwork: boolean;
}

/** Addresses and routes of one family. `null` if the kernel does not support the family. */
export interface IpUse {
  readonly addresses: Known<readonly IpAddress[]>;
  readonly routes: Known<readonly IpRoute[]>;
  /** Destinations of routes with an unknown interface, with their table: `10.1.0.0/24 (table 100)`. */
  readonly unplacedRoutes?: readonly string[];
}

/** A socket that gets all packets of one interface (AF_PACKET): a DHCP client, a capture, an intrusion detection. */
export interface PacketSocket {
  /** The number of the interface. */
  readonly interfaceIndex: number;
  /** The process that has it open: `dhclient (pid 640)`; `null` if unknown. */
  readonly owner: string | null;
}

/** A connection with another host. */
export interface Connection {
  /** The local address. */
  readonly local: string;
  /** The remote address; `null` if unknown. */
  readonly peer: string | null;
  /** The process that has it: `sshd (pid 640)`; by its port if that is unknown. */
  readonly owner: string;
  readonly pid: number | null;
  /** Whether it is a login to this host: SSH, Telnet, VNC, RDP, Mosh. */
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

/** A part of the kernel that uses RDMA. */
export interface RdmaUser {
  /** The RDMA device: `mlx5_0`; `null` if unknown. */
  readonly device: string | null;
  /** `nvme_rdma`. */
  readonly user: string;
}

/** Files that show the expected interfaces, and services that use them. */
export interface NetworkUse {
  /** The ports of the functions that have or may have ports. */
  readonly ports: Known<readonly FunctionPorts[]>;
  /** Whether the kernel creates an interface for each InfiniBand port. */
  readonly hasIpoib: Known<boolean>;
  readonly rdmaUsers: Known<readonly RdmaUser[]>;
}

/** An interface in another network namespace. */
export interface ElsewhereInterface {
  readonly name: string;
  /** The user of the namespace: `nginx (pid 913)`, or the path that the namespace is mounted at. */
  readonly where: string;
  /** The function of the interface. */
  readonly function: PciAddress | null;
  readonly kind: InterfaceKind;
  /** The number of its lower interface in another namespace; `null` if it has none. */
  readonly madeOf: number | null;
}

/** The network namespaces other than the reader's. */
export interface ElsewhereUse {
  readonly interfaces: readonly ElsewhereInterface[];
  /** The namespaces whose interface relations could not be read. */
  readonly unseen: readonly string[];
  /** Why some namespaces may not have been found; `null` if all were. */
  readonly missed: Known<never>;
}
