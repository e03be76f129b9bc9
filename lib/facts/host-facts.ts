import type { Known } from '../base/known.ts';
import type { DriverClaim } from '../pci/driver-claim.ts';
import type { IommuState } from '../pci/group/iommu-state.ts';

/**
 * The boot loader that sets the kernel command line, by its program. `update-grub` is GRUB on Debian and similar
 * systems, with the settings folder `/etc/default/grub.d`, and only if it started the running kernel. `other` means
 * that the boot loader is uncertain.
 */
export type BootLoader =
  | 'update-grub'
  | 'grubby'
  | 'rpm-ostree'
  | 'proxmox-boot-tool'
  | 'systemd-boot'
  | 'other';

/** The installed system: os-release(5). */
export interface Distribution {
  /** `debian`, `fedora`, `arch`. */
  readonly id: string;
  /** The systems that it is derived from: `debian` for an Ubuntu. */
  readonly like: readonly string[];
  /** `Debian GNU/Linux 13 (trixie)`. */
  readonly title: string;
}

/** An existing file or device node. */
export interface PresentFile {
  readonly path: string;
  readonly isDevice: boolean;
  /** The twelve bits of its permissions: 0o660. */
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
}

/** The kernel modules that VMs need, as `/sys/module` names them. */
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

/** What the kernel provides of a module. */
export interface ModuleFacts {
  readonly isLoaded: Known<boolean>;
  /** `built-in`, `loadable`; `null` if the kernel has no such module. */
  readonly supply: Known<'built-in' | 'loadable'>;
  /** Settings that prevent loading it, each with the file: `/etc/modprobe.d/x.conf: blacklist vfio-pci`. */
  readonly blocks: Known<readonly string[]>;
}

/** One unit of an IOMMU. */
export interface IommuUnit {
  /** `dmar0`. */
  readonly name: string;
  /** The maximum number of bits of an address that a device uses. */
  readonly addressBits: Known<number>;
  /** Whether it maps pages of 2 MiB, and of 1 GiB. */
  readonly largePages: Known<readonly ('2 MiB' | '1 GiB')[]>;
}

/** Reserved pages of one size. */
export interface HugePagePool {
  readonly sizeBytes: number;
  readonly total: number;
  readonly free: number;
}

/** The user that runs QEMU for libvirt. */
export interface QemuUser {
  readonly name: string;
  readonly userId: number;
  /** Its primary group, and the groups that it is a member of. */
  readonly groupIds: readonly number[];
}

/** The relevant settings in `/etc/libvirt/qemu.conf`; `null` if not set. */
export interface QemuSettings {
  readonly securityDriver: string | null;
}

/**
 * The facts of a host, apart from its devices, that decide whether VMs run on it and can have its devices. Each may
 * be absent or unknown.
 */
export interface HostFacts {
  readonly distribution: Known<Distribution>;
  readonly bootLoader: Known<BootLoader>;
  readonly kernel: {
    /** Words of the kernel command line. */
    readonly arguments: Known<readonly string[]>;
    /** Options that the kernel was built with, without `CONFIG_`: `CGROUP_BPF` is `y`. */
    readonly options: Known<ReadonlyMap<string, string>>;
    /** `none`, `integrity`, `confidentiality`; `null` if the kernel does not support it. */
    readonly lockdown: Known<string>;
  };
  /** Whether the firmware starts only signed code; `null` without UEFI. */
  readonly secureBoot: Known<boolean>;
  readonly cpu: {
    readonly flags: Known<ReadonlySet<string>>;
    /** Bits of a physical address. */
    readonly physicalBits: Known<number>;
  };
  readonly memoryBytes: Known<number>;
  readonly hugePages: Known<readonly HugePagePool[]>;
  /** The active cgroup controllers, by the names of version 1: `blkio`. */
  readonly cgroups: Known<{ readonly version: 1 | 2; readonly controllers: readonly string[] }>;
  readonly iommu: IommuState;
  /** The number of IOMMU groups. */
  readonly iommuGroups: Known<number>;
  readonly iommuUnits: readonly IommuUnit[];
  /** Whether the IOMMU remaps interrupts of devices. */
  readonly interruptRemapping: Known<boolean>;
  readonly modules: Readonly<Record<MachineModule, ModuleFacts>>;
  /** Parameters of loaded modules, by `module.parameter`: `kvm_intel.nested` is `Y`. */
  readonly parameters: Readonly<Record<ModuleParameter, Known<string>>>;
  /** Settings outside of portal-gun by which drivers claim devices at each boot. */
  readonly driverClaims: Known<readonly DriverClaim[]>;
  readonly nodes: Readonly<Record<MachineNode, Known<PresentFile>>>;
  readonly qemu: {
    /** The programs that run VMs. */
    readonly programs: Known<readonly string[]>;
    readonly user: Known<QemuUser>;
    readonly settings: Known<QemuSettings>;
  };
  /** Sockets of libvirt's QEMU driver. */
  readonly libvirtSockets: Known<readonly string[]>;
  /** UEFI images for VMs. */
  readonly uefiImages: Known<readonly string[]>;
  readonly virtiofsd: Known<string>;
  /** The hook that libvirt runs for each VM, in all its forms: `/etc/libvirt/hooks/qemu`. */
  readonly hooks: { readonly folder: Known<readonly string[]>; readonly program: Known<PresentFile> };
  /** The security modules that confine processes: `apparmor`, `selinux`. */
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

/** The device nodes that VMs need. */
export const MACHINE_NODES = {
  kvm: '/dev/kvm',
  vhostNet: '/dev/vhost-net',
  tun: '/dev/net/tun',
  vfio: '/dev/vfio/vfio',
} as const;

export type MachineNode = keyof typeof MACHINE_NODES;
