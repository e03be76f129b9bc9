import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import { checkSafety, SAFETY_FIELDS } from '../../../lib/checks/check-safety.ts';
import { refusalsAmong } from '../../../lib/checks/finding.ts';
import type { HostReader, ReadFailure } from '../../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../../lib/host/snapshot-host.ts';
import { groupDevices } from '../../../lib/pci/iommu-group.ts';
import { readLiveUse } from '../../../lib/sysfs/host-use/live-use.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { failingReader } from '../../support/failing-reader.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { functionHere, HERE } from '../../support/host-use.ts';
import { putBlock } from '../../support/put-block.ts';
import { readHost } from '../../support/reading.ts';

const PCI = '/sys/devices/pci0000:00/0000:00:03.0';
const SDA = `${PCI}/ata1/host0/target0:0:0/0:0:0:0/block/sda`;
const VIRTUAL = '/sys/devices/virtual/block';
const ROOT = '29 1 0:77 / / rw - tmpfs rootfs rw\n';
const DRIVE = functionHere({ classCode: '010601', driver: 'ahci' });
const SHARE = functionHere({ ids: '1af4:1009', classCode: '000200', driver: 'virtio-pci' });

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
