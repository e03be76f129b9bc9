import type { DeviceIdentity } from '../../pci/identity.ts';
import type { DeviceSelector } from './device-selector.ts';

/** The format of definitions: the first key of a file, which may be omitted. */
export const DEFINITION_FORMAT = 'portal-gun/v1';

export const ARCHITECTURES = ['x86_64', 'aarch64'] as const;
export const FIRMWARES = ['none', 'bios', 'uefi'] as const;
export const ACCELERATORS = ['auto', 'kvm', 'emulation'] as const;
export const DISK_FORMATS = ['qcow2', 'raw'] as const;
export const DISK_CACHES = ['none', 'writeback', 'writethrough', 'directsync', 'unsafe'] as const;
export const DISK_BUSES = ['virtio', 'sata', 'scsi', 'usb'] as const;
export const NIC_MODELS = ['virtio', 'e1000e', 'e1000', 'igb', 'rtl8139'] as const;
export const SHARE_MODES = ['ro', 'rw'] as const;
export const SHARE_DRIVERS = ['9p', 'virtiofs'] as const;
export const DISPLAYS = ['none', 'vga', 'virtio', 'vnc'] as const;
export const WATCHDOG_ACTIONS = ['none', 'reset', 'poweroff', 'pause'] as const;
export const AGENT_TRANSPORTS = ['virtio-serial', 'none'] as const;
export const EVENT_ACTIONS = ['destroy', 'restart', 'preserve'] as const;

type Architecture = (typeof ARCHITECTURES)[number];
type Firmware = (typeof FIRMWARES)[number];
type Accelerator = (typeof ACCELERATORS)[number];
export type DiskFormat = (typeof DISK_FORMATS)[number];
export type DiskCache = (typeof DISK_CACHES)[number];
export type DiskBus = (typeof DISK_BUSES)[number];
export type NicModel = (typeof NIC_MODELS)[number];
export type ShareMode = (typeof SHARE_MODES)[number];
export type ShareDriver = (typeof SHARE_DRIVERS)[number];
type Display = (typeof DISPLAYS)[number];
type WatchdogAction = (typeof WATCHDOG_ACTIONS)[number];
type AgentTransport = (typeof AGENT_TRANSPORTS)[number];
type EventAction = (typeof EVENT_ACTIONS)[number];

/**
 * A machine as its folder defines it, with every default filled in. Nothing of the host is in it: selectors of devices are
 * not resolved, and no path outside the folder is made absolute.
 */
export interface MachineDefinition {
  /** The name of its folder, and of its VM. */
  readonly name: string;
  readonly category: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly cpus: CpuDefinition;
  readonly memory: MemoryDefinition;
  readonly firmware: Firmware;
  readonly boot: BootDefinition;
  readonly os: OsDefinition;
  readonly disks: readonly DiskDefinition[];
  readonly nics: readonly NicDefinition[];
  readonly pci: readonly PciDefinition[];
  readonly shares: readonly ShareDefinition[];
  readonly consoles: readonly ConsoleDefinition[];
  readonly display: Display;
  readonly nested: boolean;
  readonly iommu: boolean;
  readonly rng: boolean;
  readonly watchdog: WatchdogAction | null;
  readonly tpm: boolean;
  readonly vsock: boolean;
  /** How the host reaches the agent of the guest. */
  readonly agent: AgentTransport;
  /** Free PCIe root ports, for devices that are attached while it runs. */
  readonly spareRootPorts: number;
  readonly autostart: boolean;
  readonly on: { readonly reboot: EventAction; readonly crash: EventAction };
  /** The machines that `portal up` starts before this one. */
  readonly after: readonly string[];
  /** The modules that its guest is provisioned with, in order. */
  readonly provision: readonly ProvisionEntry[];
}

/** A module of provisioning with its options, which have the form of the module. */
export interface ProvisionEntry {
  readonly module: string;
  readonly options: unknown;
}

export interface CpuDefinition {
  readonly count: number;
  /** The processors of the host that each of its own runs on, in order; empty if it runs on any. */
  readonly pin: readonly number[];
  /** How the guest sees them; `null` for the default of the hypervisor. Their product is `count`. */
  readonly topology: CpuTopology | null;
  /** A model of libvirt, `host-passthrough`, or `null` for the default of the hypervisor. */
  readonly model: string | null;
}

interface CpuTopology {
  readonly sockets: number;
  /** Of each socket. */
  readonly cores: number;
  /** Of each core. */
  readonly threads: number;
}

export interface MemoryDefinition {
  readonly sizeBytes: number;
  readonly hugePages: boolean;
}

export interface BootDefinition {
  /** The name of boot assets in the store: `minivm`. */
  readonly profile: string | null;
  /** A path in the folder, or `store:SHA256`; `null` if a boot loader or the profile starts the kernel. */
  readonly kernel: string | null;
  readonly initrd: string | null;
  /** Kernel arguments after those that the console needs. */
  readonly arguments: string;
}

interface OsDefinition {
  /** The id of an operating system in osinfo-db: `debian12`. */
  readonly id: string | null;
  /** The root image: `image:NAME` for one of the store, or a path in the folder. */
  readonly root: string | null;
  /** The size that the root disk appears with; that of the image if `null`. */
  readonly rootBytes: number | null;
  /** Whether changes of the root disk are dropped when the machine is started again. */
  readonly ephemeral: boolean;
}

export interface DiskDefinition {
  readonly name: string;
  /** The size of a disk that is created; `null` if `source` names a file. */
  readonly sizeBytes: number | null;
  /** A path in the folder, or `image:NAME` of the store. */
  readonly source: string | null;
  readonly format: DiskFormat;
  readonly bus: DiskBus;
  /** How the host caches it; `null` for the default of the hypervisor. */
  readonly cache: DiskCache | null;
  readonly readOnly: boolean;
  readonly cdrom: boolean;
}

/** A network card: on a network of libvirt, or on a bridge of the host; on neither, it has no cable. */
export interface NicDefinition {
  readonly network: string | null;
  readonly bridge: string | null;
  readonly model: NicModel;
  /** `null` until portal.lock has one. */
  readonly mac: string | null;
  /** Whether firmware can start from the network by it, after the disks. */
  readonly boot: boolean;
}

/** Devices of the host that the machine gets: those that a selector matches, or one by its identity; never both. */
export interface PciDefinition {
  readonly selector: DeviceSelector | null;
  readonly identity: Partial<DeviceIdentity> | null;
  /** Whether the guest sees its option ROM; the default of the hypervisor if `null`. */
  readonly rom: boolean | null;
}

interface ShareDefinition {
  /** The name that the guest mounts it by: the tag. */
  readonly name: string;
  /** A directory in the folder. */
  readonly source: string;
  readonly mode: ShareMode;
  readonly driver: ShareDriver;
}

/** Consoles of other machines that a machine sees. */
interface ConsoleDefinition {
  /** The name of a machine, or `type=CATEGORY`. */
  readonly of: string;
  /** Whether it can also send keys to them. */
  readonly write: boolean;
}
