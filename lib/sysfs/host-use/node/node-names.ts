import { isPciAddress, type PciAddress } from '../../../pci/address.ts';

/**
 * Nodes that every host has open, and that belong to no device that a change could take: for hosts whose sysfs does
 * not have them.
 */
const COMMON =
  /(^|\/)dev\/(null|zero|full|u?random|kmsg|mem|port|ptmx|pts\/.*|tty\d*|console|vcs[au]?\d*|ttyprintk|shm\/.*|hugepages.*|mqueue.*|log|kvm|net\/tun|fuse|cuse|autofs|loop-control|mapper\/control|btrfs-control|zfs|uinput|uhid|vhost-(net|vsock)|vsock|vhci|xen\/.*|sgx_.*|vbox.*|vmmon|vmci|ntsync|mcelog|binder.*|userfaultfd|udmabuf|dma_heap\/.*|cpu_dma_latency|cpu\/.*|hpet|hwrng|rfkill|snapshot|vga_arbiter|nvram|ppp|iommu|vfio\/vfio|infiniband\/rdma_cm|snd\/(timer|seq)|nvme-fabrics|usbmon\d+|rtc\d*)( \(deleted\))?$/;

/** Whether a node of that name belongs to no device. */
export function isCommonNode(path: string): boolean {
  return COMMON.test(path);
}

// The names of the kernel and udev, most specific first: the name below /dev, and the class or bus.
const SUBSYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/^vfio\/devices\//, 'vfio-dev'],
  [/^vfio\//, 'vfio'],
  [/^dri\//, 'drm'],
  [/^snd\//, 'sound'],
  [/^input\//, 'input'],
  [/^bus\/usb\//, 'usb'],
  [/^usb\//, 'usbmisc'],
  [/^infiniband\//, 'infiniband_verbs'],
  [/^accel\//, 'accel'],
  [/^dvb\//, 'dvb'],
  [/^cxl\//, 'cxl'],
  [/^nvidia-nvswitch/, 'nvidia-nvswitch'],
  [/^nvidia/, 'nvidia'],
  [/^kfd$/, 'kfd'],
  [/^sev$/, 'sev'],
  [/^tee(priv)?\d/, 'tee'],
  [/^fb\d+$/, 'graphics'],
  [
    /^(mapper\/|(sd|vd|hd|xvd)[a-z]+\d*$|nvme\d+n|mmcblk|(dm-|md|loop|nbd|zram|sr|pmem|drbd|bcache)\d|disk\/)/,
    'block',
  ],
  [/^ng\d+n\d+$/, 'nvme-generic'],
  [/^nvme\d+$/, 'nvme'],
  [/^(sg|bsg\/)/, 'scsi_generic'],
  [/^n?st\d/, 'scsi_tape'],
  [/^hvc\d+$/, 'hvc'],
  [/^tty(USB|ACM)\d/, 'usb-serial'],
  [/^tty/, 'tty'],
  [/^hidraw\d+$/, 'hidraw'],
  [/^(video|media|v4l-subdev|radio|vbi)\d+$/, 'video4linux'],
  [/^i2c-\d+$/, 'i2c-dev'],
  [/^uio\d+$/, 'uio'],
  [/^(wwan|cdc-wdm)/, 'wwan'],
  [/^watchdog/, 'watchdog'],
  [/^dax\d/, 'dax'],
  [/^tpm/, 'tpm'],
  [/^hfi1_\d+$/, 'hfi1_user'],
  [/^vhost-vdpa-/, 'vhost-vdpa'],
];

/** The path of a deleted node, without the kernel's mark. */
export function withoutMark(path: string): string {
  return path.replace(/ \(deleted\)$/, '');
}

/** A file of sysfs by which a program accesses a function directly. */
interface PciFile {
  readonly address: PciAddress;
  /** `config`, `resource0`. */
  readonly file: string;
}

/**
 * The function that an open file accesses: its registers (`resource0`), its configuration space or its ROM.
 * `/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/resource0`, also below another root, and
 * `/proc/bus/pci/01/00.0`.
 */
export function pciFileOf(path: string): PciFile | null {
  const [, domain = '0000', bus, slot] =
    /\/proc\/bus\/pci\/(?:([0-9a-f]{4,8}):)?([0-9a-f]{2})\/([0-9a-f]{2}\.[0-7])$/.exec(path) ?? [];
  const named = `${domain}:${bus}:${slot}`;
  if (isPciAddress(named)) return { address: named, file: 'config' };
  const [, address = '', file = ''] =
    /\/sys\/devices\/(?:[^/]+\/)*([^/]+)\/(config|rom|resource\d(?:_wc)?)$/.exec(path) ?? [];
  return isPciAddress(address) ? { address, file } : null;
}

/** The class or bus of a node by its name; `null` if the name does not show it. */
export function subsystemByPath(path: string): string | null {
  const below = /(?:^|\/)dev\/(.*)$/s.exec(withoutMark(path))?.[1];
  if (below === undefined) return null;
  return SUBSYSTEMS.find(([pattern]) => pattern.test(below))?.[1] ?? null;
}
