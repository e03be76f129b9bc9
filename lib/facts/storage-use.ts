import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';

/**
 * The kind of a block device that contains another, or is built on others, by the kernel's `holders` and names.
 * `virtual`: created by software, and none of the other kinds.
 */
export type StackKind =
  | 'lvm'
  | 'crypt'
  | 'multipath'
  | 'device-mapper'
  | 'md'
  | 'bcache'
  | 'loop'
  | 'zram'
  | 'drbd'
  | 'virtual';

/** The network access to storage. Each list is empty if its members are unknown. */
export interface RemoteStorage {
  /** `iSCSI`, `NBD`, `NVMe over tcp`, `nfs4`. */
  readonly protocol: string;
  /** Local addresses of the connections. */
  readonly own: readonly string[];
  /** Remote addresses of the connections. */
  readonly peers: readonly string[];
  /** Network interfaces of the connections. */
  readonly interfaces: readonly string[];
  /** The process that has the connection, if there is no other source. */
  readonly client?: number;
}

/** A disk, a partition, or a block device built on others. */
export interface BlockDevice {
  /** The kernel's name: `nvme0n1`, `sda2`, `dm-0`, `md127`. */
  readonly name: string;
  /** `major:minor`, as in mounts. */
  readonly number: Known<string>;
  /** The PCI functions that it is on: several for a disk with several paths, none for a device built on others. */
  readonly functions: readonly PciAddress[];
  /** The disk of the partition. */
  readonly partitionOf: string | null;
  /** The block devices that are built on it. */
  readonly holders: Known<readonly string[]>;
  /** The kind of its creator; `null` for a disk or a partition. */
  readonly kind: StackKind | null;
  /** Its name, if the kernel's name is only a number: `vg0-root`, for `dm-0`. */
  readonly title: Known<string>;
  /** For a loop device the path of its file or device; for zram that of the device that it writes back to. */
  readonly backingFile: Known<string>;
  /** For a network disk: the access to it. */
  readonly remote: Known<RemoteStorage>;
  /** The signature that udev found on it: `ext4`, `LVM2_member`, `zfs_member`. */
  readonly signature: Known<string>;
  /** Its label: for a member of a ZFS pool, the pool. */
  readonly label: Known<string>;
}

/** A mounted file system whose mount point the reader can see. */
export interface Mount {
  /** `major:minor`; major 0 for a file system without a block device of its own. */
  readonly number: string;
  /** The mount point. */
  readonly point: string;
  /** `ext4`, `btrfs`, `zfs`. */
  readonly type: string;
  /** The source of the mount: `/dev/vda2`, `rpool/ROOT`, `overlay`. */
  readonly source: string;
  /** The directories or files of its data: those of an overlay, the image of erofs. */
  readonly directories: readonly string[];
  /** The paths of further devices that it needs: a log, a journal, a realtime device. */
  readonly devices: readonly string[];
  /** For a file system of another host: the access to it. */
  readonly remote: RemoteStorage | null;
}

/** A mount namespace other than the reader's. */
export interface MountNamespace {
  /** A process in it. */
  readonly pid: number;
  /** The name of that process; `null` if it cannot be read. */
  readonly command: string | null;
  /** Whether process 1 is in it, and it has the mounts of the host. */
  readonly isOfInit: boolean;
  readonly mounts: readonly Mount[];
}

/** A file system that the kernel uses, at any mount point. */
export interface ActiveFileSystem {
  /** `ext4`, `xfs`, `f2fs`, `btrfs`. */
  readonly type: string;
  /** The names of its block devices. */
  readonly blocks: readonly string[];
  /** Whether it may have more devices that the kernel does not report. */
  readonly mayHaveMore?: true;
}

/** A name of a block device that is not the kernel's: `/dev/disk/by-partlabel/data`. */
export interface DeviceName {
  readonly path: string;
  /** The kernel's name. */
  readonly block: string;
}

/** A disk, partition or file that the kernel offers to other hosts or to VMs. */
export interface StorageExport {
  /** The exporter: `LIO`, `nvmet`, `SCST`. */
  readonly by: string;
  /** The name of the backstore or namespace in the exporter. */
  readonly name: string;
  /** The path of the device or file. */
  readonly path: Known<string>;
}

/** A virtio function of a 9p or virtiofs share. */
export interface ShareDevice {
  readonly function: PciAddress;
  readonly type: '9p' | 'virtiofs';
  /** The tag, which mounts use as the source. */
  readonly tag: Known<string>;
}

/** A file system that is mounted on demand. */
export interface Automount {
  readonly point: string;
  /** `/dev/disk/by-partuuid/…`; `null` if the unit does not name it. */
  readonly source: string | null;
}

/** A partition or file that the kernel swaps to. */
export interface SwapArea {
  /** `/dev/dm-1`, `/swap.img`. */
  readonly path: string;
  readonly kind: 'partition' | 'file';
  /** The used size, in bytes. */
  readonly usedBytes: number;
}

/** The uses of storage by a host, and the paths to it. */
export interface StorageUse {
  readonly blocks: Known<readonly BlockDevice[]>;
  readonly mounts: Known<readonly Mount[]>;
  readonly fileSystems: Known<readonly ActiveFileSystem[]>;
  readonly swaps: Known<readonly SwapArea[]>;
  /** `major:minor` of the hibernation device of the host; `null` if there is none. */
  readonly hibernation: Known<string>;
  /** The imported ZFS pools. */
  readonly pools: Known<readonly string[]>;
  /** Names of block devices that mounts, swap and others use, other than the kernel's. */
  readonly deviceNames: readonly DeviceName[];
  readonly exports: Known<readonly StorageExport[]>;
  readonly shares: Known<readonly ShareDevice[]>;
  readonly automounts: Known<readonly Automount[]>;
}
