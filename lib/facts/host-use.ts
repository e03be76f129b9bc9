import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';
import type {
  Connection,
  ElsewhereUse,
  IpUse,
  NetInterface,
  NetworkUse,
  PacketSocket,
} from './network-use.ts';
import type { MountNamespace, StorageUse } from './storage-use.ts';

/** A Thunderbolt or USB4 host interface, and the PCI ports of the devices behind its tunnels. */
export interface TunnelHost {
  readonly function: PciAddress;
  /** Unknown if the kernel does not link them; `null` if nothing is connected. */
  readonly ports: Known<readonly PciAddress[]>;
}

/** Memory that a boot display's driver has claimed. */
export interface DisplayClaim {
  /** Hex with `0x`. */
  readonly start: string;
  readonly end: string;
  /** `efifb`, `simplefb`, `BOOTFB`; the kernel's word. */
  readonly owner: string;
}

/** A named part of the host that depends on a function, or on none. */
export interface HostThing {
  readonly name: string;
  readonly function: PciAddress | null;
}

/** A destination of kernel messages. */
export interface HostConsole extends HostThing {
  /**
   * Whether it is one now, will be one at the next start, or is an interface that netconsole sends through;
   * `debugger` if kgdb listens there, `early` if messages go there before any driver loads, and continue to.
   */
  readonly source: 'active' | 'command line' | 'netconsole' | 'debugger' | 'early';
}

/** A watchdog, which restarts the host unless a program resets it in time. */
export interface Watchdog extends HostThing {
  /** `iTCO_wdt`. */
  readonly identity: Known<string>;
  /** Whether it counts down; `null` if the kernel does not report it. */
  readonly isArmed: Known<boolean>;
}

/** Memory of functions that the kernel uses as RAM. */
export interface DeviceMemory {
  /** As in `/proc/iomem`: `region0`, `virtio2`, `0000:01:00.0`. */
  readonly name: string;
  readonly functions: Known<readonly PciAddress[]>;
}

export interface InputDevice extends HostThing {
  /** `AT Translated Set 2 keyboard`; reported by the device. */
  readonly title: Known<string>;
  /** `other` for buttons, lids and speakers. */
  readonly kind: Known<'keyboard' | 'pointer' | 'other'>;
  /** Whether it is on a PS/2 port (`serio`), which does not depend on a PCI function. */
  readonly isPs2: boolean;
  /** Whether a program created it, from other devices or from none: it has no keys to press. */
  readonly isVirtual: boolean;
  /** Whether the program created it for a Bluetooth device. */
  readonly isBluetooth: boolean;
}

/** Work of functions for the kernel itself, although no program has a node of them open. */
export interface KernelWork {
  /** `dma0chan0`, `wq0.0`, `intel_qat`, `1-4`. */
  readonly name: string;
  readonly kind: 'dma' | 'work queue' | 'algorithms' | 'usbip';
  /** The source of this fact: `/sys/class/dma/dma0chan0/in_use is 1`. */
  readonly evidence: string;
  /** If there are several, one or all of them are used: the kernel does not report which. */
  readonly functions: readonly PciAddress[];
}

/** A device on a function that programs use through a character node: a serial port, a clock, a USB device. */
export interface DeviceNode {
  /** The kernel's name: `ttyS4`, `ptp0`, `1-4`. */
  readonly name: string;
  /** Its class or bus: `tty`, `ptp`, `usb`. */
  readonly subsystem: string;
  readonly function: PciAddress;
}

/** An open stream of a sound card. */
export interface SoundStream {
  /** `card0`. */
  readonly card: string;
  /** `pcm0p`: playback, `pcm0c`: capture. */
  readonly stream: string;
  readonly function: PciAddress | null;
  readonly ownerPid: number | null;
}

/**
 * The uses of hardware by a host, from the files of the kernel and of udev. Each part may be absent or unknown.
 * Nothing in it depends on one device: see `lib/checks` for the conclusions.
 */
export interface HostUse extends StorageUse {
  readonly tunnels: Known<readonly TunnelHost[]>;
  readonly interfaces: Known<readonly NetInterface[]>;
  readonly ipv4: IpUse;
  readonly ipv6: IpUse;
  readonly network: NetworkUse;
  /** The adapter ports through which the host offers storage to others; without a function if it is unknown. */
  readonly targetPorts: Known<readonly HostThing[]>;
  readonly displayClaims: Known<readonly DisplayClaim[]>;
  readonly framebuffers: Known<readonly HostThing[]>;
  /** Whether the text console is on a framebuffer. */
  readonly framebufferConsole: Known<boolean>;
  /** The assignment of framebuffers to consoles on the kernel command line: `map:1` of `fbcon=map:1`. */
  readonly framebufferMap: Known<string>;
  /** The destinations of kernel messages: `tty0`, `ttyS0`, and interfaces. */
  readonly consoles: Known<readonly HostConsole[]>;
  readonly inputs: Known<readonly InputDevice[]>;
  /** Bluetooth adapters: `hci0`. */
  readonly bluetoothAdapters: Known<readonly HostThing[]>;
  readonly tpms: Known<readonly HostThing[]>;
  readonly soundStreams: Known<readonly SoundStream[]>;
  /** The devices with character nodes that depend on a function. */
  readonly deviceNodes: Known<readonly DeviceNode[]>;
  readonly watchdogs: Known<readonly Watchdog[]>;
  /** Device memory that is System RAM. */
  readonly systemMemory: Known<readonly DeviceMemory[]>;
  /** The mediated devices, by their UUIDs. */
  readonly mediatedDevices: Known<readonly HostThing[]>;
  readonly vdpaDevices: Known<readonly HostThing[]>;
  readonly kernelWork: Known<readonly KernelWork[]>;
}

/** A device node that a process has open. */
export interface OpenNode {
  /** As the kernel names it, also if it is below another root: `/dev/vfio/12`, `/dev/sda (deleted)`. */
  readonly path: string;
  /** The kernel's name of the device: `renderD128`, `1-4` for a USB device; by the path if sysfs does not have it. */
  readonly name: string;
  /**
   * Its class or bus in sysfs: `drm`, `tty`, `usb`, `vfio`, `block`; if sysfs does not have it, by its major number
   * or path.
   */
  readonly subsystem: string | null;
  /** The block device that is read and written through it: `nvme0n1` for `/dev/nvme0n1` and `/dev/ng0n1`. */
  readonly block: string | null;
  /**
   * The PCI functions of the node: none if it is on none, and for block devices made of others. Unknown if the device
   * was not found, or if the node is that of a driver for all of its devices.
   */
  readonly functions: Known<readonly PciAddress[]>;
}

/** A process that holds device nodes open. */
export interface DeviceHolder {
  readonly pid: number;
  /** The name of the process, at most 15 characters; `null` if it cannot be read. */
  readonly command: string | null;
  /** The VM that it runs, if it is QEMU with a name. */
  readonly machine: string | null;
  /** Each once, ordered by path. */
  readonly nodes: readonly OpenNode[];
}

/** Facts that only a running host has, and no snapshot. */
export interface LiveUse {
  readonly holders: readonly DeviceHolder[];
  /** Why not all processes could be read; `null` if all were. */
  readonly unseen: Known<never>;
  /** The mount namespaces other than the reader's. */
  readonly mountNamespaces: readonly MountNamespace[];
  /** Why not all mount namespaces could be read; `null` if all were. */
  readonly unseenMounts: Known<never>;
  readonly packetSockets: Known<readonly PacketSocket[]>;
  /** The connections in the network namespace of the reader. */
  readonly connections: Known<readonly Connection[]>;
  readonly elsewhere: ElsewhereUse;
  /** The local address of the login session; `null` for a session without a network. */
  readonly sessionAddress: Known<string>;
}
