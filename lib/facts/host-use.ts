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
   * Whether it is one now, will be one at the next start, or is an interface that netconsole sends by; `debugger` if kgdb
   * listens there, `early` if messages go there from before any driver on, and keep doing so.
   */
  readonly source: 'active' | 'command line' | 'netconsole' | 'debugger' | 'early';
}

/** A watchdog, which restarts the host unless a program resets it in time. */
export interface Watchdog extends HostThing {
  /** `iTCO_wdt`. */
  readonly identity: Known<string>;
  /** Whether it counts down; `null` if the kernel does not say. */
  readonly isArmed: Known<boolean>;
}

/** Memory of functions that the kernel uses as its own. */
export interface DeviceMemory {
  /** As `/proc/iomem` has it: `region0`, `virtio2`, `0000:01:00.0`. */
  readonly name: string;
  readonly functions: Known<readonly PciAddress[]>;
}

export interface InputDevice extends HostThing {
  /** `AT Translated Set 2 keyboard`; the device's own words. */
  readonly title: Known<string>;
  /** `other` for buttons, lids and speakers. */
  readonly kind: Known<'keyboard' | 'pointer' | 'other'>;
  /** Whether it hangs on a PS/2 port (`serio`), which no PCI function takes along. */
  readonly isPs2: boolean;
  /** Whether a program made it, of other devices or of none: nobody can press its keys. */
  readonly isVirtual: boolean;
  /** Whether the program made it of a device that comes by Bluetooth. */
  readonly isBluetooth: boolean;
}

/** Work that the kernel itself has functions do, while no program has a node of them open. */
export interface KernelWork {
  /** `dma0chan0`, `wq0.0`, `intel_qat`, `1-4`. */
  readonly name: string;
  readonly kind: 'dma' | 'work queue' | 'algorithms' | 'usbip';
  /** Where that is seen: `/sys/class/dma/dma0chan0/in_use is 1`. */
  readonly evidence: string;
  /** If several, one of them or each: the kernel does not say. */
  readonly functions: readonly PciAddress[];
}

/** Something on a function that programs use through a character node: a serial port, a clock, a USB device. */
export interface DeviceNode {
  /** The kernel's name: `ttyS4`, `ptp0`, `1-4`. */
  readonly name: string;
  /** The class or bus that it is of: `tty`, `ptp`, `usb`. */
  readonly subsystem: string;
  readonly function: PciAddress;
}

/** A stream of a sound card that is open. */
export interface SoundStream {
  /** `card0`. */
  readonly card: string;
  /** `pcm0p`: playback, `pcm0c`: capture. */
  readonly stream: string;
  readonly function: PciAddress | null;
  readonly ownerPid: number | null;
}

/**
 * The uses of hardware by a host, from the files of the kernel and of udev. Each part by itself may be absent, or not
 * known. Nothing in it is for one device alone: see `lib/checks` for what follows.
 */
export interface HostUse extends StorageUse {
  readonly tunnels: Known<readonly TunnelHost[]>;
  readonly interfaces: Known<readonly NetInterface[]>;
  readonly ipv4: IpUse;
  readonly ipv6: IpUse;
  readonly network: NetworkUse;
  /** The ports of adapters by which the host offers storage to others; of no function if it is not known of which. */
  readonly targetPorts: Known<readonly HostThing[]>;
  readonly displayClaims: Known<readonly DisplayClaim[]>;
  readonly framebuffers: Known<readonly HostThing[]>;
  /** Whether the text console is on a framebuffer. */
  readonly framebufferConsole: Known<boolean>;
  /** Which framebuffer has which console by the kernel command line: `map:1` of `fbcon=map:1`. */
  readonly framebufferMap: Known<string>;
  /** What the kernel's messages go to: `tty0`, `ttyS0`, and interfaces. */
  readonly consoles: Known<readonly HostConsole[]>;
  readonly inputs: Known<readonly InputDevice[]>;
  /** Adapters for Bluetooth: `hci0`. */
  readonly bluetoothAdapters: Known<readonly HostThing[]>;
  readonly tpms: Known<readonly HostThing[]>;
  readonly soundStreams: Known<readonly SoundStream[]>;
  /** The devices that character nodes are of and that hang on a function. */
  readonly deviceNodes: Known<readonly DeviceNode[]>;
  readonly watchdogs: Known<readonly Watchdog[]>;
  /** Memory of devices that is System RAM. */
  readonly systemMemory: Known<readonly DeviceMemory[]>;
  /** The mediated devices that there are, by their UUIDs. */
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
  /** Its class or bus in sysfs: `drm`, `tty`, `usb`, `vfio`, `block`; by its major number or path if sysfs does not have it. */
  readonly subsystem: string | null;
  /** The block device that is read and written through it: `nvme0n1` for `/dev/nvme0n1` and `/dev/ng0n1`. */
  readonly block: string | null;
  /**
   * The PCI functions that it is a node of: none for what is on none, and for block devices made of others. Unknown if
   * the device was not found, or if the node is one of a driver for all of its devices.
   */
  readonly functions: Known<readonly PciAddress[]>;
}

/** A process that holds device nodes open. */
export interface DeviceHolder {
  readonly pid: number;
  /** Its name, as it calls itself, at most 15 characters; `null` where it can't be read. */
  readonly command: string | null;
  /** The machine that it runs, where it is QEMU and was told a name. */
  readonly machine: string | null;
  /** Each once, ordered by path. */
  readonly nodes: readonly OpenNode[];
}

/** Facts that only a running host has, and no snapshot. */
export interface LiveUse {
  readonly holders: readonly DeviceHolder[];
  /** Why not every process could be looked into; `null` where all were. */
  readonly unseen: Known<never>;
  /** The mount namespaces other than that of the reader. */
  readonly mountNamespaces: readonly MountNamespace[];
  /** Why not every mount namespace could be looked into; `null` if all were. */
  readonly unseenMounts: Known<never>;
  readonly packetSockets: Known<readonly PacketSocket[]>;
  /** Those of the reader's network namespace. */
  readonly connections: Known<readonly Connection[]>;
  readonly elsewhere: ElsewhereUse;
  /** The address of this host that the login session came to; `null` for a session that came by no network. */
  readonly sessionAddress: Known<string>;
}
