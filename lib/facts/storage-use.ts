import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';

/**
 * The kind of a block device that contains another, or is itself made of others, by the kernel's `holders` and names.
 * `virtual`: software makes it, and it is none of the other kinds.
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

/** How the host reaches storage over a network. Each list is empty if nothing names its members. */
export interface RemoteStorage {
  /** `iSCSI`, `NBD`, `NVMe over tcp`, `nfs4`. */
  readonly protocol: string;
  /** Addresses of this host that the connections use. */
  readonly own: readonly string[];
  /** Addresses of the other end. */
  readonly peers: readonly string[];
  /** Names of the network interfaces that the connections use. */
  readonly interfaces: readonly string[];
  /** The process that has the connection, if nothing else tells of it. */
  readonly client?: number;
}

/** A disk, a partition, or a block device made of others. */
export interface BlockDevice {
  /** The kernel's name: `nvme0n1`, `sda2`, `dm-0`, `md127`. */
  readonly name: string;
  /** `major:minor`, as mounts name it. */
  readonly number: Known<string>;
  /** The PCI functions that it is on: several for a disk with several paths, none for what is made of others. */
  readonly functions: readonly PciAddress[];
  /** The disk that it is a partition of. */
  readonly partitionOf: string | null;
  /** The block devices that are made of it. */
  readonly holders: Known<readonly string[]>;
  /** What it is made by; `null` for a disk or a partition. */
  readonly kind: StackKind | null;
  /** What it is called where the kernel's name says nothing: `vg0-root`, for `dm-0`. */
  readonly title: Known<string>;
  /** For a loop device the path of its file or device; for zram that of the device that it writes back to. */
  readonly backingFile: Known<string>;
  /** For a disk on a network: how the host reaches it. */
  readonly remote: Known<RemoteStorage>;
  /** What udev found on it: `ext4`, `LVM2_member`, `zfs_member`. */
  readonly signature: Known<string>;
  /** The label that goes with it: of a member of a ZFS pool, the pool. */
  readonly label: Known<string>;
}

/** A file system that is mounted at a place that the reader can see. */
export interface Mount {
  /** `major:minor`; major 0 for what has no block device of its own. */
  readonly number: string;
  /** The path that it is mounted at. */
  readonly point: string;
  /** `ext4`, `btrfs`, `zfs`. */
  readonly type: string;
  /** What was mounted: `/dev/vda2`, `rpool/ROOT`, `overlay`. */
  readonly source: string;
  /** The directories or files that it is made of: those of an overlay, the image of erofs. */
  readonly directories: readonly string[];
  /** The paths of further devices that it needs: a log, a journal, a realtime device. */
  readonly devices: readonly string[];
  /** For a file system of another host: how this host reaches it. */
  readonly remote: RemoteStorage | null;
}

/** A mount namespace that is not that of the reader. */
export interface MountNamespace {
  /** A process in it. */
  readonly pid: number;
  /** The name of that process; `null` if it cannot be read. */
  readonly command: string | null;
  /** Whether process 1 is in it: then it has the mounts of the host itself. */
  readonly isOfInit: boolean;
  readonly mounts: readonly Mount[];
}

/** A file system that the kernel uses, at any mount point. */
export interface ActiveFileSystem {
  /** `ext4`, `xfs`, `f2fs`, `btrfs`. */
  readonly type: string;
  /** The names of its block devices. */
  readonly blocks: readonly string[];
  /** Whether it may have more of them, of which the kernel does not tell. */
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
  /** `LIO`, `nvmet`, `SCST`. */
  readonly by: string;
  /** The name of the backstore or namespace there. */
  readonly name: string;
  /** The path of the device or file. */
  readonly path: Known<string>;
}

/** A virtio function of a 9p or virtiofs share. */
export interface ShareDevice {
  readonly function: PciAddress;
  readonly type: '9p' | 'virtiofs';
  /** The tag that a mount names. */
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
  /** What of it is in use, in bytes. */
  readonly usedBytes: number;
}

/** The uses of storage by a host, and the paths to it. */
export interface StorageUse {
  readonly blocks: Known<readonly BlockDevice[]>;
  readonly mounts: Known<readonly Mount[]>;
  readonly fileSystems: Known<readonly ActiveFileSystem[]>;
  readonly swaps: Known<readonly SwapArea[]>;
  /** `major:minor` of the device that the host hibernates to; `null` if there is none. */
  readonly hibernation: Known<string>;
  /** The ZFS pools that are imported. */
  readonly pools: Known<readonly string[]>;
  /** Names of block devices that mounts, swap and the like use, and that are not the kernel's. */
  readonly deviceNames: readonly DeviceName[];
  readonly exports: Known<readonly StorageExport[]>;
  readonly shares: Known<readonly ShareDevice[]>;
  readonly automounts: Known<readonly Automount[]>;
}
