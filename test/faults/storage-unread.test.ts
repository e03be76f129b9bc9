import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../lib/base/errors.ts';
import { refusalsAmong } from '../../lib/checks/finding.ts';
import { checkSafety } from '../../lib/checks/safety/check-safety.ts';
import { SAFETY_FIELDS } from '../../lib/checks/safety/safety-fields.ts';
import type { HostReader, ReadFailure } from '../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { groupDevices } from '../../lib/pci/group/iommu-group.ts';
import { readLiveUse } from '../../lib/sysfs/host-use/live-use.ts';
import { readHostUse } from '../../lib/sysfs/host-use/read-host-use.ts';
import { readGroupAttributes } from '../../lib/sysfs/read-groups.ts';
import { failingReader } from '../support/failing-reader.ts';
import { buildHost } from '../support/host-builder.ts';
import type { FunctionSpec } from '../support/host-spec.ts';
import type { HostTree } from '../support/host-tree.ts';
import { functionHere, HERE } from '../support/host-use.ts';
import { putBlock } from '../support/put-block.ts';
import { readHost } from '../support/reading.ts';

const PCI = '/sys/devices/pci0000:00/0000:00:03.0';
const SDA = `${PCI}/ata1/host0/target0:0:0/0:0:0:0/block/sda`;
const VIRTUAL = '/sys/devices/virtual/block';
const ROOT = '29 1 0:77 / / rw - tmpfs rootfs rw\n';
const DRIVE = functionHere({ classCode: '010601', driver: 'ahci' });
const SHARE = functionHere({ ids: '1af4:1009', classCode: '000200', driver: 'virtio-pci' });

const NVME = functionHere({ classCode: '010802', driver: 'nvme' });
const MEMORY = functionHere({ classCode: '050210', driver: 'cxl_pci' });

function putFlash(tree: HostTree): void {
  tree.attribute(`${PCI}/mtd/mtd0/dev`, '90:0');
  tree.linkTo('/sys/class/mtd/mtd0', `${PCI}/mtd/mtd0`);
  tree.attribute('/sys/devices/virtual/ubi/ubi0/mtd_num', '0');
  tree.linkTo('/sys/class/ubi/ubi0', '/sys/devices/virtual/ubi/ubi0');
}

function putDisk(tree: HostTree, path: string, number: string, ...holders: readonly string[]): void {
  putBlock(tree, path, number, ...holders);
  tree.text(`/run/udev/data/b${number}`, 'E:ID_FS_TYPE=ext4\n');
}

interface Used {
  readonly drive?: FunctionSpec;
  readonly mounts?: string;
  readonly swaps?: string;
  readonly holders?: readonly string[];
  readonly put?: (tree: HostTree) => void;
}

/** A host with one disk, of which everything is known, as root sees it. */
function usedHost({ drive = DRIVE, mounts = '', swaps = '', holders = [], put }: Used): HostReader {
  const change = (tree: HostTree): void => {
    if (drive === DRIVE) {
      putDisk(tree, SDA, '8:0');
      putDisk(tree, `${SDA}/sda1`, '8:1', ...holders);
    }
    tree.text('/proc/self/mountinfo', ROOT + mounts);
    tree.text('/proc/swaps', `F\n${swaps}`);
    tree.link('/proc/self/ns/mnt', 'mnt:[1]');
    tree.directory('/proc/self/fd');
    tree.directory('/proc/1/fd');
    tree.link('/proc/1/ns/mnt', 'mnt:[1]');
    tree.text('/proc/1/mountinfo', ROOT + mounts);
    tree.attribute('/proc/1/comm', 'systemd');
    put?.(tree);
  };
  return new SnapshotHost(buildHost({ label: 'used', functions: [drive], change }));
}

/** The names of what stops the change; a host that cannot be read at all stops it too. */
function stoppedBy(host: HostReader): readonly string[] {
  try {
    const { devices } = readHost(host, SAFETY_FIELDS);
    if (!devices.some(({ address }) => address === HERE)) return ['no such device'];
    const findings = checkSafety([HERE], {
      devices,
      groups: groupDevices(devices, (group) => readGroupAttributes(host, group)),
      use: readHostUse(host),
      live: readLiveUse(host),
      tellsResetMethods: true,
    });
    return refusalsAmong(findings, new Set()).map(({ name }) => name);
  } catch (error) {
    if (error instanceof PortalGunError) return [error.code];
    throw error;
  }
}

const USES: Readonly<Record<string, Used>> = {
  'a mount': { mounts: '50 29 8:1 / /srv rw - ext4 /dev/sda1 rw\n' },
  'the root file system in a file of it': {
    mounts: '28 1 7:0 / / rw - ext4 /dev/loop0 rw\n50 29 8:1 / /srv rw - vfat /dev/sda1 rw\n',
    put: (tree) => {
      putDisk(tree, `${VIRTUAL}/loop0`, '7:0');
      tree.attribute(`${VIRTUAL}/loop0/loop/backing_file`, '/srv/a.img');
    },
  },
  'swap on LVM': {
    swaps: '/dev/mapper/vg0-swap partition 1 0 -2\n',
    holders: ['dm-0'],
    put: (tree) => {
      putDisk(tree, `${VIRTUAL}/dm-0`, '253:0');
      tree.attribute(`${VIRTUAL}/dm-0/dm/name`, 'vg0-swap');
      tree.attribute(`${VIRTUAL}/dm-0/dm/uuid`, 'LVM-x');
    },
  },
  'a holder of an unknown kind': { holders: ['odd0'] },
  'a loop device over it': {
    put: (tree) => {
      putDisk(tree, `${VIRTUAL}/loop0`, '7:0');
      tree.attribute(`${VIRTUAL}/loop0/loop/backing_file`, '/dev/sda1');
    },
  },
  'zram that writes back to it': {
    put: (tree) => {
      putDisk(tree, `${VIRTUAL}/zram0`, '252:0');
      tree.attribute(`${VIRTUAL}/zram0/backing_dev`, '/dev/sda1');
    },
  },
  'a cache of bcache': {
    put: (tree) => {
      const set = '/sys/fs/bcache/3f2a';
      putDisk(tree, `${VIRTUAL}/vdb`, '254:16');
      putDisk(tree, `${VIRTUAL}/bcache0`, '252:0');
      tree.linkTo(`${VIRTUAL}/vdb/bcache/dev`, `${VIRTUAL}/bcache0`);
      tree.linkTo(`${SDA}/bcache/set`, set);
      tree.linkTo(`${set}/bdev0`, `${VIRTUAL}/vdb/bcache`);
    },
  },
  'a mount in another namespace': {
    put: (tree) => {
      tree.directory('/proc/7/fd');
      tree.link('/proc/7/ns/mnt', 'mnt:[2]');
      tree.text('/proc/7/mountinfo', '70 60 8:1 / /a rw - vfat /dev/sda1 rw\n');
      tree.attribute('/proc/7/comm', 'nginx');
    },
  },
  'btrfs on several devices': {
    mounts: '50 29 0:40 / /srv rw - btrfs /dev/root rw\n',
    put: (tree) => {
      tree.directory('/sys/fs/btrfs/3f2a/devices/sda1');
      tree.directory('/sys/fs/btrfs/3f2a/devices/sdb1');
    },
  },
  'bcachefs on several devices': {
    mounts: '50 29 0:40 / /srv rw - bcachefs UUID=3f2a rw\n',
    put: (tree) => tree.linkTo('/sys/fs/bcachefs/3f2a/dev-0/block', `${SDA}/sda1`),
  },
  'a file system that no mount shows': { put: (tree) => tree.directory('/sys/fs/xfs/sda1') },
  'a journal': { put: (tree) => tree.directory('/proc/fs/jbd2/sda1') },
  'the log of XFS': { mounts: '28 1 259:1 / / rw - xfs /dev/nvme9n1p1 rw,logdev=/dev/sda1\n' },
  'a ZFS pool': {
    put: (tree) => {
      tree.attribute('/proc/spl/kstat/zfs/tank/state', 'ONLINE');
      tree.text('/run/udev/data/b8:1', 'E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n');
    },
  },
  'an export': {
    put: (tree) => {
      const disk = '/sys/kernel/config/target/core/iblock_0/disk1';
      tree.attribute(`${disk}/enable`, '1');
      tree.attribute(`${disk}/udev_path`, '/dev/sda');
    },
  },
  'a file system with devices that the kernel does not tell': {
    put: (tree) => {
      putDisk(tree, `${VIRTUAL}/other`, '259:1');
      tree.directory('/sys/fs/f2fs/other');
      tree.text('/run/udev/data/b8:1', 'S:x\n');
    },
  },
  'a further device of f2fs': {
    put: (tree) => {
      putDisk(tree, `${VIRTUAL}/other`, '259:1');
      tree.directory('/sys/fs/f2fs/other');
      tree.text(
        '/proc/fs/f2fs/other/disk_map',
        'Disk: 0 (zoned=0): 0 - 9 on /dev/other\nDisk: 1 (zoned=0): 10 - 19 on /dev/sda1\n',
      );
    },
  },
  'the cache of a ZFS pool': {
    put: (tree) => {
      tree.attribute('/proc/spl/kstat/zfs/tank/state', 'ONLINE');
      tree.text('/run/udev/data/b8:1', 'E:ID_PART_ENTRY_TYPE=6a898cc3-1dd2-11b2-99a6-080020736631\n');
    },
  },
  'the crash log of the kernel': {
    put: (tree) => tree.attribute('/sys/module/pstore_blk/parameters/blkdev', '/dev/sda1'),
  },
  'a disk of a Xen domain': {
    put: (tree) => {
      tree.attribute('/sys/bus/xen-backend/devices/vbd-1-51712/physical_device', '8:1');
      tree.linkTo('/sys/dev/block/8:1', `${SDA}/sda1`);
    },
  },
  'an NVMe disk that its subsystem makes': {
    drive: NVME,
    mounts: '50 29 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n',
    put: (tree) => {
      const subsystem = '/sys/devices/virtual/nvme-subsystem/nvme-subsys0';
      putDisk(tree, `${subsystem}/nvme0n1`, '259:0');
      tree.linkTo(`${subsystem}/nvme0`, `${PCI}/nvme/nvme0`);
      tree.attribute(`${PCI}/nvme/nvme0/nvme0c0n1/size`, '1');
    },
  },
  'persistent memory on CXL': {
    drive: MEMORY,
    mounts: '50 29 259:0 / /srv rw - xfs /dev/pmem0 rw\n',
    put: (tree) => {
      putDisk(
        tree,
        '/sys/devices/platform/ACPI0017:00/root0/nvdimm-bridge0/ndbus0/region0/block/pmem0',
        '259:0',
      );
      tree.attribute(`${PCI}/mem0/serial`, '0x1');
      tree.linkTo('/sys/bus/cxl/devices/mem0', `${PCI}/mem0`);
    },
  },
  'flash memory with UBI': {
    drive: MEMORY,
    mounts: '50 29 0:40 / /srv rw - ubifs ubi0:data rw\n',
    put: putFlash,
  },
  'flash memory that UBI has': { drive: MEMORY, put: putFlash },
  'flash memory with jffs2': {
    drive: MEMORY,
    mounts: '50 29 31:0 / /srv rw - jffs2 mtd0 rw\n',
    put: (tree) => {
      tree.attribute(`${PCI}/mtd/mtd0/dev`, '90:0');
      tree.linkTo('/sys/class/mtd/mtd0', `${PCI}/mtd/mtd0`);
    },
  },
  hibernation: { put: (tree) => tree.attribute('/sys/power/resume', '8:1') },
  'a mounted share': {
    drive: SHARE,
    mounts: '50 29 0:40 / /mnt rw - 9p data rw,trans=virtio\n',
    put: (tree) => {
      tree.attribute(`${PCI}/virtio0/mount_tag`, 'data');
      tree.attribute(`${PCI}/virtio0/device`, '0x0009');
      tree.linkTo('/sys/bus/virtio/drivers/9pnet_virtio/virtio0', `${PCI}/virtio0`);
    },
  },
};

const FAILURES: readonly ReadFailure[] = [
  { unknown: 'denied', detail: 'EACCES' },
  { unknown: 'broken', detail: 'EIO' },
];

describe('a function whose disk is in use', () => {
  it.each(Object.entries(USES))('never becomes free by a read that fails: %s', (_, used) => {
    const host = usedHost(used);
    const whole = failingReader(host, -1, FAILURES[0] as ReadFailure);
    expect(stoppedBy(whole.host)).not.toEqual([]);
    const free = FAILURES.flatMap((failure) =>
      whole.paths.flatMap((path, index) =>
        stoppedBy(failingReader(host, index, failure).host).length === 0 ? [`${path} ${failure.detail}`] : [],
      ),
    );
    expect(free).toEqual([]);
  });

  it('is free if nothing uses it', () => {
    expect(stoppedBy(usedHost({}))).toEqual([]);
  });
});
