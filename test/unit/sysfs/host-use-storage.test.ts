import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readBlocks } from '../../../lib/sysfs/host-use/storage/blocks.ts';
import { readFileSystems, readPools } from '../../../lib/sysfs/host-use/storage/file-systems.ts';
import { parseMount } from '../../../lib/sysfs/host-use/storage/mount-line.ts';
import { readMounts, readSwaps } from '../../../lib/sysfs/host-use/storage/mounts.ts';
import { HostTree } from '../../support/host-tree.ts';
import { putBlock } from '../../support/put-block.ts';

const PCI = '/sys/devices/pci0000:00/0000:00:03.0';
const VIRTUAL = '/sys/devices/virtual/block';

function host(put: (tree: HostTree) => void): SnapshotHost {
  const tree = new HostTree();
  tree.directory('/sys');
  put(tree);
  return new SnapshotHost(tree.snapshot('storage'));
}

const SDA = `${PCI}/ata1/host0/target0:0:0/0:0:0:0/block/sda`;

describe('block devices', () => {
  it('are read with what they are part of', () => {
    const blocks = readBlocks(
      host((tree) => {
        putBlock(tree, SDA, '8:0');
        putBlock(tree, `${SDA}/sda1`, '8:1', 'dm-0');
        putBlock(tree, `${VIRTUAL}/dm-0`, '253:0');
        tree.attribute(`${VIRTUAL}/dm-0/dm/name`, 'vg0-root');
        tree.attribute(`${VIRTUAL}/dm-0/dm/uuid`, 'LVM-abcdef');
        tree.text(
          '/run/udev/data/b8:1',
          'N:sda1\nE:ID_FS_TYPE=LVM2_member\nE:ID_FS_LABEL=x\nE:ID_FS_UUID=y\n',
        );
        tree.text('/run/udev/data/b8:0', 'N:sda\n');
      }),
    );
    expect(blocks).toMatchObject([
      { name: 'dm-0', functions: [], kind: 'lvm', title: 'vg0-root', partitionOf: null, signature: UNREAD },
      { name: 'sda', number: '8:0', functions: ['0000:00:03.0'], kind: null, holders: [], signature: null },
      { name: 'sda1', partitionOf: 'sda', holders: ['dm-0'], signature: 'LVM2_member', label: 'x' },
    ]);
  });

  it.each([
    ['LVM-x', 'lvm'],
    ['CRYPT-LUKS2-0123-luks', 'crypt'],
    ['mpath-3600', 'multipath'],
    ['part1-mpath-3600', 'multipath'],
    ['DMRAID-isw', 'device-mapper'],
    ['', 'device-mapper'],
  ])('that are mapped are known by their makers: %s', (id, kind) => {
    const blocks = readBlocks(
      host((tree) => {
        putBlock(tree, `${VIRTUAL}/dm-3`, '253:3');
        tree.attribute(`${VIRTUAL}/dm-3/dm/uuid`, id);
      }),
    );
    expect(blocks).toMatchObject([{ kind }]);
  });

  it('are on every path that leads to them', () => {
    const subsystem = '/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1';
    const other = '/sys/devices/pci0000:00/0000:00:04.0';
    const blocks = readBlocks(
      host((tree) => {
        putBlock(tree, subsystem, '259:0');
        putBlock(tree, `${subsystem}/nvme0n1p1`, '259:1');
        putBlock(tree, `${PCI}/nvme/nvme0/nvme0c0n1`, '259:2');
        putBlock(tree, `${other}/nvme/nvme1/nvme0c1n1`, '259:3');
      }),
    );
    expect(blocks).toMatchObject([
      { name: 'nvme0n1', functions: ['0000:00:03.0', '0000:00:04.0'] },
      { name: 'nvme0n1p1', functions: [], partitionOf: 'nvme0n1' },
    ]);
  });

  it('are held by a bcache, as what is cached and as the cache', () => {
    const sdb = SDA.replace('sda', 'sdb');
    const set = '/sys/fs/bcache/3f2a9c1e-77aa-4b0e-9d31-0123456789ab';
    const blocks = readBlocks(
      host((tree) => {
        putBlock(tree, SDA, '8:0');
        putBlock(tree, sdb, '8:16');
        putBlock(tree, `${VIRTUAL}/bcache0`, '252:0');
        tree.linkTo(`${SDA}/bcache/dev`, `${VIRTUAL}/bcache0`);
        tree.linkTo(`${sdb}/bcache/set`, set);
        tree.linkTo(`${set}/bdev0`, `${SDA}/bcache`);
        tree.linkTo(`${set}/cache0`, `${sdb}/bcache`);
      }),
    );
    expect(blocks).toMatchObject([
      { name: 'bcache0', kind: 'bcache' },
      { name: 'sda', holders: ['bcache0'] },
      { name: 'sdb', holders: ['bcache0'] },
    ]);
  });

  it('may keep something to themselves', () => {
    const blocks = readBlocks(
      host((tree) => {
        putBlock(tree, SDA, 'eight');
        putBlock(tree, `${VIRTUAL}/loop0`, '7:0');
        tree.deny(`${VIRTUAL}/loop0/holders`);
        tree.attribute(`${VIRTUAL}/loop0/loop/backing_file`, '/srv/a b.img');
        tree.deny('/run/udev/data/b7:0');
      }),
    );
    expect(blocks).toMatchObject([
      { name: 'loop0', holders: DENIED, backingFile: '/srv/a b.img', signature: DENIED, label: DENIED },
      { name: 'sda', number: BROKEN, signature: BROKEN },
    ]);
  });

  it('are not known without their class', () => {
    expect(readBlocks(host(() => {}))).toEqual(UNREAD);
    expect(readBlocks(host((tree) => tree.deny('/sys/class/block')))).toEqual(DENIED);
    expect(readBlocks(host((tree) => tree.directory('/sys/class/block')))).toEqual([]);
    expect(readBlocks(host((tree) => tree.deny('/sys/class/block/sda')))).toEqual(DENIED);
    // As a copy has it that followed the links.
    expect(readBlocks(host((tree) => tree.attribute('/sys/class/block/sda/dev', '8:0')))).toEqual(BROKEN);
  });
});

describe('mounts', () => {
  const read = (text: string) => readMounts(host((tree) => tree.text('/proc/self/mountinfo', text)));

  it('are read as the kernel writes them', () => {
    const root = '29 1 254:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw,errors=remount-ro';
    const home =
      '31 29 0:27 /@home /home/my\\040disk rw shared:2 master:1 - btrfs /dev/sda1 rw,subvol=/@home';
    const plain = { directories: [], devices: [], remote: null };
    expect(read(`${root}\n${home}\n`)).toEqual([
      { number: '254:2', point: '/', type: 'ext4', source: '/dev/vda2', ...plain },
      { number: '0:27', point: '/home/my disk', type: 'btrfs', source: '/dev/sda1', ...plain },
    ]);
  });

  it('of overlays name their directories', () => {
    const options = 'rw,lowerdir=/a:/b\\134:c:rel,upperdir=/run/rw,workdir=/run/work';
    expect(parseMount(`29 1 0:40 / / rw - overlay overlay ${options}`)?.directories).toEqual([
      '/a',
      '/b:c',
      '/run/rw',
    ]);
    expect(
      parseMount('29 1 0:40 / / rw - overlay overlay rw,lowerdir+=/a,lowerdir+=/b')?.directories,
    ).toEqual(['/a', '/b']);
  });

  it('that make no sense are broken, and those that are not there unread', () => {
    expect(read('29 1 254:2 / /\n')).toEqual(BROKEN);
    expect(read('29 what\n')).toEqual(BROKEN);
    expect(readMounts(host(() => {}))).toEqual(UNREAD);
    expect(readMounts(host((tree) => tree.deny('/proc/self/mountinfo')))).toEqual(DENIED);
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseMount(text);
        parseMount(`1 1 1:1 / ${text} - ${text}`);
      }),
    );
  });
});

describe('swap', () => {
  const HEAD = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';
  const read = (text: string) =>
    readSwaps(
      host((tree) => tree.text('/proc/swaps', text)),
      true,
    );

  it('is read as the kernel writes it', () => {
    const areas =
      '/dev/dm-1                               partition\t999420\t\t12\t\t-2\n/srv/a\\040b                             file\t\t1048572\t\t0\t\t-3\n';
    expect(read(HEAD + areas)).toEqual([
      { path: '/dev/dm-1', kind: 'partition', usedBytes: 12288 },
      { path: '/srv/a b', kind: 'file', usedBytes: 0 },
    ]);
    expect(read(HEAD)).toEqual([]);
  });

  it('may make no sense, be refused, not be there, or not have been captured', () => {
    expect(read(`${HEAD}/dev/sda what\n`)).toEqual(BROKEN);
    expect(
      readSwaps(
        host((tree) => tree.deny('/proc/swaps')),
        true,
      ),
    ).toEqual(DENIED);
    expect(
      readSwaps(
        host(() => {}),
        true,
      ),
    ).toBeNull();
    expect(
      readSwaps(
        host(() => {}),
        false,
      ),
    ).toEqual(UNREAD);
  });
});

describe('pools and file systems', () => {
  it('are those that are at work', () => {
    const made = host((tree) => {
      tree.attribute('/proc/spl/kstat/zfs/rpool/state', 'ONLINE');
      tree.attribute('/proc/spl/kstat/zfs/arcstats', '1');
      tree.directory('/sys/fs/ext4/vda2');
      tree.directory('/sys/fs/pstore');
      tree.directory('/sys/fs/btrfs/3f2a/devices/sda1');
      tree.directory('/sys/fs/btrfs/3f2a/devices/sdb1');
      tree.directory('/sys/fs/btrfs/features');
    });
    expect(readPools(made, true)).toEqual(['rpool']);
    expect(readFileSystems(made)).toEqual([
      { type: 'ext4', blocks: ['vda2'] },
      { type: 'btrfs', blocks: ['sda1', 'sdb1'] },
    ]);
  });

  it('may be none, refused, or not captured', () => {
    expect(
      readPools(
        host(() => {}),
        true,
      ),
    ).toBeNull();
    expect(
      readPools(
        host(() => {}),
        false,
      ),
    ).toEqual(UNREAD);
    expect(readFileSystems(host(() => {}))).toBeNull();
    expect(readFileSystems(host((tree) => tree.deny('/sys/fs/ext4')))).toEqual(DENIED);
    expect(readFileSystems(host((tree) => tree.deny('/sys/fs/btrfs')))).toEqual(DENIED);
  });
});
