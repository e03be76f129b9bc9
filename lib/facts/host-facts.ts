import type { Known } from '../base/known.ts';
import type { DriverClaim } from '../pci/driver-claim.ts';
import type { IommuState } from '../pci/group/iommu-state.ts';

/**
 * What sets the kernel's arguments, by its program. `update-grub` is GRUB as Debian and its kin have it, with a folder of
 * settings, `/etc/default/grub.d`; and only where it started the kernel that runs. `other` is none of these for sure.
 */
export type BootLoader =
  | 'update-grub'
  | 'grubby'
  | 'rpm-ostree'
  | 'proxmox-boot-tool'
  | 'systemd-boot'
  | 'other';

/** Which system is installed: os-release(5). */
export interface Distribution {
  /** `debian`, `fedora`, `arch`. */
  readonly id: string;
  /** What it is made from: `debian` for an Ubuntu. */
  readonly like: readonly string[];
  /** `Debian GNU/Linux 13 (trixie)`. */
  readonly title: string;
}

/** A file that is there, device nodes among them. */
export interface PresentFile {
  readonly path: string;
  readonly isDevice: boolean;
  /** The twelve bits of its permissions: 0o660. */
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
}

/** The modules that virtual machines need of a kernel, as `/sys/module` writes them. */
export const MACHINE_MODULES = [
  'kvm_intel',
  'kvm_amd',
  'vhost_net',
  'tun',
  'vfio',
  'vfio_pci',
  'vfio_iommu_type1',
] as const;

export type MachineModule = (typeof MACHINE_MODULES)[number];

/** What a kernel has of a module. */
export interface ModuleFacts {
  readonly isLoaded: Known<boolean>;
  /** `built-in`, `loadable`; `null` where the kernel has none. */
  readonly supply: Known<'built-in' | 'loadable'>;
  /** Settings that keep it from being loaded, each with the file: `/etc/modprobe.d/x.conf: blacklist vfio-pci`. */
  readonly blocks: Known<readonly string[]>;
}

/** One unit of an IOMMU. */
export interface IommuUnit {
  /** `dmar0`. */
  readonly name: string;
  /** The most bits that an address may have that a device uses. */
  readonly addressBits: Known<number>;
  /** Whether it maps 2 MiB at once, and 1 GiB. */
  readonly largePages: Known<readonly ('2 MiB' | '1 GiB')[]>;
}

/** Pages of one size that were set aside for those who ask for them. */
export interface HugePagePool {
  readonly sizeBytes: number;
  readonly total: number;
  readonly free: number;
}

/** As whom libvirt runs QEMU. */
export interface QemuUser {
  readonly name: string;
  readonly userId: number;
  /** Its own group, and those that it is a member of. */
  readonly groupIds: readonly number[];
}

/** What is set in `/etc/libvirt/qemu.conf`, of what matters here; `null` for what is not set. */
export interface QemuSettings {
  readonly securityDriver: string | null;
}

/**
 * What of a host decides whether virtual machines run on it, and get its devices, beside the devices themselves. Each may
 * be absent, or not known.
 */
export interface HostFacts {
  readonly distribution: Known<Distribution>;
  readonly bootLoader: Known<BootLoader>;
  readonly kernel: {
    /** Words of its command line. */
    readonly arguments: Known<readonly string[]>;
    /** Options that it was built with, without `CONFIG_`: `CGROUP_BPF` is `y`. */
    readonly options: Known<ReadonlyMap<string, string>>;
    /** `none`, `integrity`, `confidentiality`; `null` where it has no such thing. */
    readonly lockdown: Known<string>;
  };
  /** Whether the firmware starts only what is signed; `null` without UEFI. */
  readonly secureBoot: Known<boolean>;
  readonly cpu: {
    readonly flags: Known<ReadonlySet<string>>;
    /** Bits of a physical address. */
    readonly physicalBits: Known<number>;
  };
  readonly memoryBytes: Known<number>;
  readonly hugePages: Known<readonly HugePagePool[]>;
  /** The controllers of control groups that are at work, by the names of version 1: `blkio`. */
  readonly cgroups: Known<{ readonly version: 1 | 2; readonly controllers: readonly string[] }>;
  readonly iommu: IommuState;
  /** How many IOMMU groups the kernel has. */
  readonly iommuGroups: Known<number>;
  readonly iommuUnits: readonly IommuUnit[];
  /** Whether interrupts of devices go through the IOMMU. */
  readonly interruptRemapping: Known<boolean>;
  readonly modules: Readonly<Record<MachineModule, ModuleFacts>>;
  /** Parameters of modules that are loaded, by `module.parameter`: `kvm_intel.nested` is `Y`. */
  readonly parameters: Readonly<Record<ModuleParameter, Known<string>>>;
  /** Settings, none of ours, by which drivers take devices at each boot. */
  readonly driverClaims: Known<readonly DriverClaim[]>;
  readonly nodes: Readonly<Record<MachineNode, Known<PresentFile>>>;
  readonly qemu: {
    /** The programs that run machines. */
    readonly programs: Known<readonly string[]>;
    readonly user: Known<QemuUser>;
    readonly settings: Known<QemuSettings>;
  };
  /** Sockets at which libvirt's QEMU driver answers. */
  readonly libvirtSockets: Known<readonly string[]>;
  /** Images of UEFI for machines. */
  readonly uefiImages: Known<readonly string[]>;
  readonly virtiofsd: Known<string>;
  /** The program that libvirt asks about each machine, in all its versions: `/etc/libvirt/hooks/qemu`. */
  readonly hooks: { readonly folder: Known<readonly string[]>; readonly program: Known<PresentFile> };
  /** What confines processes: `apparmor`, `selinux`. */
  readonly confinement: Known<readonly string[]>;
}

/** The parameters that are read. */
export const MODULE_PARAMETERS = [
  'kvm_intel.nested',
  'kvm_amd.nested',
  'kvm_amd.sev',
  'vfio_iommu_type1.allow_unsafe_interrupts',
] as const;

type ModuleParameter = (typeof MODULE_PARAMETERS)[number];

/** The device nodes that machines need. */
export const MACHINE_NODES = {
  kvm: '/dev/kvm',
  vhostNet: '/dev/vhost-net',
  tun: '/dev/net/tun',
  vfio: '/dev/vfio/vfio',
} as const;

export type MachineNode = keyof typeof MACHINE_NODES;
