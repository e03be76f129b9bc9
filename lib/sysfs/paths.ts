/*
 * All paths of /sys, /proc and /run that are read. Documentation/ABI/testing/sysfs-bus-pci and similar files of the
 * kernel describe their contents.
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
  /** It is in the parent folder of the groups on every kernel. */
  kernelEvents: '/sys/kernel/uevent_seqnum',
  iommuClass: '/sys/class/iommu',
  mdevDevices: '/sys/bus/mdev/devices',
  vdpaDevices: '/sys/bus/vdpa/devices',
  acpiTables: '/sys/firmware/acpi/tables',
  netClass: '/sys/class/net',
  /** Only whole disks; `/sys/class/block` also has partitions. */
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
  /** The driver of USB devices that another host uses over the network. */
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
  /** In configfs: storage that the kernel offers to others. */
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

/** The paths that show the uses of the host; nothing else is read from them. */
export const USE_PATHS = {
  mounts: '/proc/self/mountinfo',
  swaps: '/proc/swaps',
  hibernation: '/sys/power/resume',
  /** The files of file systems and journals. */
  fileSystems: '/proc/fs',
  fstab: '/etc/fstab',
  /** The folders of units from systemd or an administrator, strongest first. */
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
  /** The number of sockets for each protocol. */
  protocols: '/proc/net/protocols',
  tcpSockets: ['/proc/net/tcp', '/proc/net/tcp6'],
  udpSockets: ['/proc/net/udp', '/proc/net/udp6'],
  pppoe: '/proc/net/pppoe',
  /** One for each kind of filter; absent if no CAN socket was ever opened. */
  canReceivers: ['all', 'eff', 'err', 'fil', 'inv', 'sff'].map((kind) => `/proc/net/can/rcvlist_${kind}`),
  sound: '/proc/asound',
  /** A directory for each imported pool, and files of statistics. */
  zfsPools: '/proc/spl/kstat/zfs',
  processes: '/proc',
  /** The algorithms of the kernel, with their numbers of users. */
  algorithms: '/proc/crypto',
  /** The names of the major numbers. */
  majors: '/proc/devices',
  /** The destinations of kernel messages, including those that are not terminals. */
  consoles: '/proc/consoles',
  /** A directory for each GPU of NVIDIA's own driver, named after its function. */
  nvidiaGpus: '/proc/driver/nvidia/gpus',
} as const;

/** The udev record of a block device, by `major:minor`. */
export function udevBlockPath(number: string): string {
  return `/run/udev/data/b${number}`;
}

/** The directory of a process; `self` is that of the reader. */
export function processPath(pid: number | 'self'): string {
  return `${USE_PATHS.processes}/${pid}`;
}

/** The arguments of a process, each with a NUL after it. */
export function commandLinePath(pid: number): string {
  return `${processPath(pid)}/cmdline`;
}

/** Stable for one installation, and private: the key for the stand-ins of its serial numbers. */
export const MACHINE_ID_PATH = '/etc/machine-id';

/** Its length grows with the number of processors, so only single lines are read. */
export const CPU_INFO_PATH = '/proc/cpuinfo';

/** The files that show the architecture and the hypervisor of a host. */
export const PLATFORM_PATHS = {
  /** `aarch64`, since Linux 6.1. */
  architecture: '/proc/sys/kernel/arch',
  deviceTree: '/sys/firmware/devicetree/base',
  hypervisor: '/sys/hypervisor/type',
  hypervisorUuid: '/sys/hypervisor/uuid',
  xenCapabilities: '/proc/xen/capabilities',
  /** For VMs on s390: `VM00 Name:`. */
  systemInfo: '/proc/sysinfo',
  hyperVBus: '/sys/bus/vmbus/devices',
  systemVendor: '/sys/class/dmi/id/sys_vendor',
  productName: '/sys/class/dmi/id/product_name',
} as const;

/** In securityfs, which only root can read. */
export const LOCKDOWN_PATH = '/sys/kernel/security/lockdown';

/**
 * The drivers of functions before `pci` bound them, with their marks: valid until the next boot, and not part of a
 * snapshot.
 */
export const EARLIER_DRIVERS_PATH = '/run/portal-gun/earlier-drivers.json';

/** It changes at each boot, so it is not part of a snapshot. */
export const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** Seconds since the start of the machine, including those in suspend; and its idle time. */
export const UPTIME_PATH = '/proc/uptime';

/** The resource limits of the reading process. */
export const LIMITS_PATH = '/proc/self/limits';

/** The unix sockets of this network namespace. */
export const UNIX_SOCKETS_PATH = '/proc/net/unix';

/** Is there where systemd is the init: sd_booted(3). */
export const SYSTEMD_PATH = '/run/systemd/system';

/** The files that show which boot loader sets the kernel command line. */
export const BOOT_LOADER_PATHS = {
  /** It exists if the system was started from an ostree tree. */
  ostree: '/run/ostree-booted',
  /** The EFI partitions that Proxmox VE keeps. */
  proxmox: '/etc/kernel/proxmox-boot-uuids',
  /** From the boot loader itself: https://systemd.io/BOOT_LOADER_INTERFACE */
  loaderInfo: '/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-442b29bb8c4f',
  grubby: ['/usr/sbin/grubby', '/usr/bin/grubby'],
  grubSettings: '/etc/default/grub',
  grubConfiguration: '/boot/grub/grub.cfg',
  updateGrub: '/usr/sbin/update-grub',
  makeGrubConfiguration: '/usr/sbin/grub-mkconfig',
} as const;

/** The files that `pci validate --fix` writes; no other program owns them. */
export const FIX_PATHS = {
  // Read in the order of their names, and some of a distribution (50-cloudimg-settings.cfg) override earlier ones.
  bootLoader: '/etc/default/grub.d/zz-portal-gun.cfg',
  loadedModules: '/etc/modules-load.d/portal-gun.conf',
  moduleOptions: '/etc/modprobe.d/portal-gun.conf',
  limits: '/etc/security/limits.d/portal-gun.conf',
  /** The kernel arguments of `pci validate --fix` in the generated boot loader configuration. */
  bootLoaderState: '/var/lib/portal-gun/boot-loader',
} as const;

/** The files that decide whether VMs run, and can have devices. */
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

/** The destination of the kernel's last messages, if it is a block device: `pstore_blk.blkdev=/dev/sda5`. */
export const CRASH_LOG_PATHS = ['/sys/module/pstore_blk/parameters/blkdev'];

/** The directory of a loaded module. */
export function modulePath(module: string): string {
  return `${MACHINE_PATHS.modules}/${module.replaceAll('-', '_')}`;
}

/** A parameter of a loaded module. */
export function moduleParameterPath(module: string, parameter: string): string {
  return `${modulePath(module)}/parameters/${parameter}`;
}

/** The possible files with the options of a kernel: `/boot/config-6.12.48+deb13-amd64`. */
export function kernelOptionsPaths(kernelRelease: string): readonly string[] {
  return [`/boot/config-${kernelRelease}`, `/lib/modules/${kernelRelease}/config`];
}

/** The module lists of a kernel: built-in modules, and loadable ones. */
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

/** The overrides that driverctl(8) restores at each boot. */
export const DRIVERCTL_PATH = '/etc/driverctl.d';

/** The node name, without its number, of a group that VFIO created for a device without an IOMMU. */
export const NO_IOMMU_NODE = '/dev/vfio/noiommu-';

const BUS_ENTRY_TARGET = '../../../devices/';

/** The device directory that an entry of the PCI bus points to, as {@link resolveLink} returns it. */
export function resolveBusEntry(path: string, target: string): string | null {
  // All entries of a kernel have this form.
  return target.startsWith(BUS_ENTRY_TARGET) && !target.includes('/../', BUS_ENTRY_TARGET.length - 1)
    ? `${SYS_PATHS.deviceTree}/${target.slice(BUS_ENTRY_TARGET.length)}`
    : resolveLink(path, target);
}

/** The last name of a path. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
