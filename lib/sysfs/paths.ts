/*
 * Every path of /sys, /proc and /run that is read, in one place. Documentation/ABI/testing/sysfs-bus-pci and
 * its neighbours in the kernel's tree say what each holds.
 */
import { resolveLink } from '../host/file/resolve-link.ts';
import type { PciAddress } from '../pci/address.ts';

export const SYS_PATHS = {
  pciBus: '/sys/bus/pci',
  pciDevices: '/sys/bus/pci/devices',
  pciDrivers: '/sys/bus/pci/drivers',
  pciSlots: '/sys/bus/pci/slots',
  deviceTree: '/sys/devices',
  iommuGroups: '/sys/kernel/iommu_groups',
  /** Stands beside the groups on every kernel. */
  kernelEvents: '/sys/kernel/uevent_seqnum',
  iommuClass: '/sys/class/iommu',
  mdevDevices: '/sys/bus/mdev/devices',
  vdpaDevices: '/sys/bus/vdpa/devices',
  acpiTables: '/sys/firmware/acpi/tables',
  netClass: '/sys/class/net',
  /** Whole disks only, where `/sys/class/block` has partitions too. */
  block: '/sys/block',
  /** Disks and partitions. */
  blockClass: '/sys/class/block',
  graphicsClass: '/sys/class/graphics',
  consoleClass: '/sys/class/vtconsole',
  ttyClass: '/sys/class/tty',
  activeConsoles: '/sys/devices/virtual/tty/console/active',
  inputClass: '/sys/class/input',
  bluetoothClass: '/sys/class/bluetooth',
  dmaClass: '/sys/class/dma',
  /** Work queues of Intel's accelerators for copying and compression. */
  workQueues: '/sys/bus/dsa/devices',
  /** The driver of USB devices that another host has over the network. */
  usbipDriver: '/sys/bus/usb/drivers/usbip-host',
  tpmClass: '/sys/class/tpm',
  soundClass: '/sys/class/sound',
  fileSystems: '/sys/fs',
  bcacheSets: '/sys/fs/bcache',
  classes: '/sys/class',
  buses: '/sys/bus',
  netconsoleTargets: '/sys/kernel/config/netconsole',
  characterDevices: '/sys/dev/char',
  blockDevices: '/sys/dev/block',
  virtualDevices: '/sys/devices/virtual',
  watchdogClass: '/sys/class/watchdog',
  rbdDevices: '/sys/devices/rbd',
  fcHosts: '/sys/class/fc_host',
  virtioDrivers: '/sys/bus/virtio/drivers',
  virtiofs: '/sys/fs/virtiofs',
  /** Of configfs: what the kernel offers to others. */
  targets: '/sys/kernel/config/target/core',
  nvmeTargets: '/sys/kernel/config/nvmet/subsystems',
  targetFabrics: '/sys/kernel/config/target',
  nvmeTargetPorts: '/sys/kernel/config/nvmet/ports',
  rdmaDevices: '/sys/class/infiniband',
  usbGadgets: '/sys/kernel/config/usb_gadget',
  scstDevices: '/sys/kernel/scst_tgt/devices',
  rnbdDevices: '/sys/devices/virtual/rnbd-server/ctl/devices',
  xenBackends: '/sys/bus/xen-backend/devices',
  clusters: '/sys/kernel/config/cluster',
  mtdClass: '/sys/class/mtd',
  ubiClass: '/sys/class/ubi',
  cxlDevices: '/sys/bus/cxl/devices',
} as const;

export const PROC_PATHS = {
  kernelRelease: '/proc/sys/kernel/osrelease',
  hostName: '/proc/sys/kernel/hostname',
  commandLine: '/proc/cmdline',
} as const;

/** What of the host is in use; nothing of it is read but for that. */
export const USE_PATHS = {
  mounts: '/proc/self/mountinfo',
  swaps: '/proc/swaps',
  hibernation: '/sys/power/resume',
  /** What file systems and journals say of themselves. */
  fileSystems: '/proc/fs',
  fstab: '/etc/fstab',
  /** Where units are that systemd or an administrator made, strongest first. */
  unitFolders: [
    '/etc/systemd/system',
    '/run/systemd/system',
    '/run/systemd/generator.early',
    '/run/systemd/generator',
    '/run/systemd/generator.late',
  ],
  memory: '/proc/iomem',
  ipv4Routes: '/proc/net/route',
  ipv4Tables: '/proc/net/fib_trie',
  ipv6Addresses: '/proc/net/if_inet6',
  ipv6Routes: '/proc/net/ipv6_route',
  packetSockets: '/proc/net/packet',
  /** For each protocol how many sockets there are. */
  protocols: '/proc/net/protocols',
  tcpSockets: ['/proc/net/tcp', '/proc/net/tcp6'],
  udpSockets: ['/proc/net/udp', '/proc/net/udp6'],
  pppoe: '/proc/net/pppoe',
  /** One for each kind of filter; absent if no CAN socket was ever opened. */
  canReceivers: ['all', 'eff', 'err', 'fil', 'inv', 'sff'].map((kind) => `/proc/net/can/rcvlist_${kind}`),
  sound: '/proc/asound',
  /** A directory for each pool that is imported, beside files of statistics. */
  zfsPools: '/proc/spl/kstat/zfs',
  processes: '/proc',
  /** The algorithms that the kernel has, and how many use each. */
  algorithms: '/proc/crypto',
  /** The names of the major numbers, by who registered them. */
  majors: '/proc/devices',
  /** What messages of the kernel go to, also what is no terminal. */
  consoles: '/proc/consoles',
  /** A directory for each GPU of NVIDIA's own driver, named after its function. */
  nvidiaGpus: '/proc/driver/nvidia/gpus',
} as const;

/** What udev knows of a block device, by `major:minor`. */
export function udevBlockPath(number: string): string {
  return `/run/udev/data/b${number}`;
}

/** The directory of a process; `self` is the one that reads. */
export function processPath(pid: number | 'self'): string {
  return `${USE_PATHS.processes}/${pid}`;
}

/** The words that a process was started with, each with a NUL behind it. */
export function commandLinePath(pid: number): string {
  return `${processPath(pid)}/cmdline`;
}

/** Stable for one installation, and nobody's business: the key of what stands in for its serial numbers. */
export const MACHINE_ID_PATH = '/etc/machine-id';

/** As long as there are processors: read for single lines. */
export const CPU_INFO_PATH = '/proc/cpuinfo';

/** What tells which architecture a host is of, and under what it runs. */
export const PLATFORM_PATHS = {
  /** `aarch64`, since Linux 6.1. */
  architecture: '/proc/sys/kernel/arch',
  deviceTree: '/sys/firmware/devicetree/base',
  hypervisor: '/sys/hypervisor/type',
  hypervisorUuid: '/sys/hypervisor/uuid',
  xenCapabilities: '/proc/xen/capabilities',
  /** Of the machines of s390: `VM00 Name:`. */
  systemInfo: '/proc/sysinfo',
  hyperVBus: '/sys/bus/vmbus/devices',
  systemVendor: '/sys/class/dmi/id/sys_vendor',
  productName: '/sys/class/dmi/id/product_name',
} as const;

/** In securityfs, which is there for root alone. */
export const LOCKDOWN_PATH = '/sys/kernel/security/lockdown';

/** Which drivers functions had before `pci` bound them, and what those showed: gone with the boot, and no part of a snapshot. */
export const EARLIER_DRIVERS_PATH = '/run/portal-gun/earlier-drivers.json';

/** Another at each boot; so it is no part of a snapshot. */
export const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** Seconds since the machine started, those in which it was suspended among them; and how long it idled. */
export const UPTIME_PATH = '/proc/uptime';

/** What the process that reads may have of the machine. */
export const LIMITS_PATH = '/proc/self/limits';

/** The unix sockets of this network namespace. */
export const UNIX_SOCKETS_PATH = '/proc/net/unix';

/** Is there where systemd is the init: sd_booted(3). */
export const SYSTEMD_PATH = '/run/systemd/system';

/** What tells by what the kernel's arguments are set. */
export const BOOT_LOADER_PATHS = {
  /** Is there where the system was started from a tree of ostree. */
  ostree: '/run/ostree-booted',
  /** The EFI partitions that Proxmox VE keeps. */
  proxmox: '/etc/kernel/proxmox-boot-uuids',
  /** Of the boot loader's own making: https://systemd.io/BOOT_LOADER_INTERFACE */
  loaderInfo: '/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-442b29bb8c4f',
  grubby: ['/usr/sbin/grubby', '/usr/bin/grubby'],
  grubSettings: '/etc/default/grub',
  grubConfiguration: '/boot/grub/grub.cfg',
  updateGrub: '/usr/sbin/update-grub',
  makeGrubConfiguration: '/usr/sbin/grub-mkconfig',
} as const;

/** The files that `pci validate --fix` writes; none of them is another's. */
export const FIX_PATHS = {
  // Read in the order of their names, and some of a distribution's (50-cloudimg-settings.cfg) forget what was there before.
  bootLoader: '/etc/default/grub.d/zz-portal-gun.cfg',
  loadedModules: '/etc/modules-load.d/portal-gun.conf',
  moduleOptions: '/etc/modprobe.d/portal-gun.conf',
  limits: '/etc/security/limits.d/portal-gun.conf',
  /** With which arguments of ours the configuration of the boot loader was made. */
  bootLoaderState: '/var/lib/portal-gun/boot-loader',
} as const;

/** What decides whether machines run, and get devices. */
export const MACHINE_PATHS = {
  distribution: ['/etc/os-release', '/usr/lib/os-release'],
  secureBoot: '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c',
  memory: '/proc/meminfo',
  hugePages: '/sys/kernel/mm/hugepages',
  controllers: '/proc/cgroups',
  unifiedControllers: ['/sys/fs/cgroup/cgroup.controllers', '/sys/fs/cgroup/unified/cgroup.controllers'],
  interrupts: '/sys/kernel/irq',
  modules: '/sys/module',
  modprobeFolders: ['/etc/modprobe.d', '/run/modprobe.d', '/usr/lib/modprobe.d', '/lib/modprobe.d'],
  qemuPrograms: [
    '/usr/bin/qemu-system-x86_64',
    '/usr/bin/qemu-system-aarch64',
    '/usr/bin/qemu-kvm',
    '/usr/libexec/qemu-kvm',
  ],
  users: '/etc/passwd',
  groups: '/etc/group',
  qemuSettings: '/etc/libvirt/qemu.conf',
  libvirtSockets: ['/run/libvirt/libvirt-sock', '/run/libvirt/virtqemud-sock'],
  firmwareFolders: ['/usr/share/qemu/firmware', '/etc/qemu/firmware'],
  virtiofsd: [
    '/usr/libexec/virtiofsd',
    '/usr/lib/virtiofsd',
    '/usr/lib/qemu/virtiofsd',
    '/usr/bin/virtiofsd',
  ],
  hooks: '/etc/libvirt/hooks',
  hookProgram: '/etc/libvirt/hooks/qemu',
  apparmor: '/sys/module/apparmor/parameters/enabled',
  selinux: '/sys/fs/selinux/enforce',
} as const;

/** Where the kernel writes its last messages to, if that is a block device: `pstore_blk.blkdev=/dev/sda5`. */
export const CRASH_LOG_PATHS = ['/sys/module/pstore_blk/parameters/blkdev'];

/** The directory of a loaded module. */
export function modulePath(module: string): string {
  return `${MACHINE_PATHS.modules}/${module.replaceAll('-', '_')}`;
}

/** What a loaded module was told. */
export function moduleParameterPath(module: string, parameter: string): string {
  return `${modulePath(module)}/parameters/${parameter}`;
}

/** Where a kernel's options may stand: `/boot/config-6.12.48+deb13-amd64`. */
export function kernelOptionsPaths(kernelRelease: string): readonly string[] {
  return [`/boot/config-${kernelRelease}`, `/lib/modules/${kernelRelease}/config`];
}

/** The lists of a kernel's modules: those that are part of it, and those that can be loaded. */
export function moduleListPaths(kernelRelease: string): Readonly<Record<'builtIn' | 'loadable', string>> {
  const folder = `/lib/modules/${kernelRelease}`;
  return { builtIn: `${folder}/modules.builtin`, loadable: `${folder}/modules.dep` };
}

/** The table of module aliases of a kernel. */
export function moduleAliasesPath(kernelRelease: string): string {
  return `/lib/modules/${kernelRelease}/modules.alias`;
}

export function busEntryPath(address: PciAddress): string {
  return `${SYS_PATHS.pciDevices}/${address}`;
}

/** The directory of a registered driver, with `bind`, `unbind` and `module` in it. */
export function driverPath(driver: string): string {
  return `${SYS_PATHS.pciDrivers}/${driver}`;
}

export function groupPath(group: number): string {
  return `${SYS_PATHS.iommuGroups}/${group}`;
}

/** The overrides that driverctl(8) brings into force at each boot. */
export const DRIVERCTL_PATH = '/etc/driverctl.d';

/** What the node of a group is called that VFIO made up for a device without an IOMMU, before its number. */
export const NO_IOMMU_NODE = '/dev/vfio/noiommu-';

const BUS_ENTRY_TARGET = '../../../devices/';

/** The device directory that an entry of the PCI bus points at, as {@link resolveLink} gives it. */
export function resolveBusEntry(path: string, target: string): string | null {
  // All of a kernel's own are of this form.
  return target.startsWith(BUS_ENTRY_TARGET) && !target.includes('/../', BUS_ENTRY_TARGET.length - 1)
    ? `${SYS_PATHS.deviceTree}/${target.slice(BUS_ENTRY_TARGET.length)}`
    : resolveLink(path, target);
}

/** The last name of a path. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
