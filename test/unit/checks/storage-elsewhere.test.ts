import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED } from '../../../lib/base/known.ts';
import type { HostUse, LiveUse } from '../../../lib/facts/host-use.ts';
import type { RemoteStorage } from '../../../lib/facts/storage-use.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { block, findingsOf, functionHere, HERE, linesOf, link, mount } from '../../support/host-use.ts';
import { networkInterface, sataDrive } from '../../support/things.ts';

const SDA = block('sda', { functions: [HERE], number: '8:0' });
const SDA1 = block('sda1', { functions: [HERE], number: '8:1', partitionOf: 'sda' });
const OTHER = block('sdb', { functions: ['0000:00:1f.2' as PciAddress], number: '8:16' });
const DISKS = [SDA, SDA1, OTHER];
const DRIVE = functionHere({ classCode: '010601', driver: 'ahci', below: sataDrive(1, 'sda', 1000) });

const lines = (use: Partial<HostUse>, live: Partial<LiveUse> = {}) =>
  linesOf({ functions: [DRIVE], use: { blocks: DISKS, ...use }, live });
const remedies = (use: Partial<HostUse>, live: Partial<LiveUse> = {}) =>
  findingsOf({ functions: [DRIVE], use: { blocks: DISKS, ...use }, live }).map(({ remedy }) => remedy);

describe('a disk below a loop device', () => {
  const loop = (backingFile: string) => block('loop3', { number: '7:3', kind: 'loop', backingFile });

  it.each(['/dev/sda1', '/dev/sda1 (deleted)', '/srv/root/dev/sda1'])(
    'is held by it, and its file system counts: %s',
    (path) => {
      const use = {
        blocks: [...DISKS, loop(path)],
        mounts: [mount('/dev/loop3', '/', { number: '7:3' })],
      };
      expect(lines(use)).toEqual([
        'system-disk forbids 00:03.0 contains the root file system: loop3 on /',
        `block-holder refuses 00:03.0 is held by loop3 (a loop device: ${path})`,
      ]);
      expect(remedies(use)[1]).toBe('detach it: losetup --detach /dev/loop3');
    },
  );

  it('is found by a link to it', () => {
    const path = '/dev/disk/by-partlabel/data';
    const use = { blocks: [...DISKS, loop(path)], deviceNames: [{ path, block: 'sda1' }] };
    expect(lines(use)).toEqual([`block-holder refuses 00:03.0 is held by loop3 (a loop device: ${path})`]);
  });

  it('is not cleared if nothing tells what is below it', () => {
    expect(lines({ blocks: [...DISKS, loop('/dev/odd')] })).toEqual([
      'block-holder unknown 00:03.0 cannot be checked: no known device is below loop3 on /dev/odd',
    ]);
    expect(lines({ blocks: [...DISKS, { ...loop(''), backingFile: DENIED }] })).toEqual([
      'block-holder unknown 00:03.0 cannot be checked for disks below loop devices and zram: requires root',
    ]);
  });

  it('is free if that is another disk', () => {
    const mounts = [mount('/dev/loop3', '/', { number: '7:3' })];
    expect(lines({ blocks: [...DISKS, loop('/dev/sdb')], mounts })).toEqual([]);
  });

  it('is found through a file whose path is of another mount namespace', () => {
    const mounts = [mount('/dev/loop3', '/srv', { number: '7:3' })];
    const space = { pid: 913, command: 'nginx', isOfInit: false };
    const inside = [mount('/dev/sda1', '/images', { number: '8:1' })];
    const live = { mountNamespaces: [{ ...space, mounts: inside }] };
    const found = lines({ blocks: [...DISKS, loop('/images/a.img')], mounts }, live);
    expect(found).toEqual([
      'mounted refuses 00:03.0 contains mounted file systems: loop3 on /srv, sda1 on /images (mount namespace of nginx, pid 913)',
    ]);
  });
});

describe('a disk that something of the kernel holds', () => {
  it.each([
    ['drbd0', { kind: 'drbd' }, 'drbd0 (DRBD)', 'take it down: drbdadm down /dev/drbd0'],
    [
      'rapiddisk0',
      { kind: 'virtual' },
      'rapiddisk0 (a software device)',
      'stop the program that created rapiddisk0',
    ],
  ] as const)('is not free: %s', (name, facts, title, remedy) => {
    const use = { blocks: [{ ...SDA, holders: [name] }, block(name, facts)] };
    expect(lines(use)).toEqual([`block-holder refuses 00:03.0 is held by ${title}`]);
    expect(remedies(use)).toEqual([remedy]);
  });

  it('is not free if the holder is no block device that the kernel lists', () => {
    expect(lines({ blocks: [{ ...SDA, holders: ['flashcache'] }] })).toEqual([
      'block-holder refuses 00:03.0 is held by flashcache (a holder of an unknown kind)',
    ]);
  });

  it('is not free if zram writes back to it', () => {
    const zram = block('zram0', { kind: 'zram', backingFile: '/dev/sda1' });
    const swaps = [{ path: '/dev/zram0', kind: 'partition', usedBytes: 0 }] as const;
    expect(lines({ blocks: [...DISKS, zram], swaps })).toEqual([
      'swap refuses 00:03.0 contains swap: /dev/zram0, 0 B in use',
      'block-holder refuses 00:03.0 is held by zram0 (zram, which writes back to it: /dev/sda1)',
    ]);
  });

  it.each([
    ['LIO', 'iblock_0/disk1', '/dev/sda', 'targetcli /backstores/block delete disk1'],
    ['LIO', 'fileio_2/a b', '/srv/a b.img', "targetcli /backstores/fileio delete 'a b'"],
    [
      'nvmet',
      'nqn.x/namespaces/1',
      '/dev/sda1',
      "sh -c 'echo 0 > /sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/enable'",
    ],
    ['SCST', 'disk1', '/dev/sda1', 'scstadmin -close_dev disk1 -handler vdisk_blockio'],
  ])('is not free if it is exported: %s', (by, name, path, command) => {
    const use = {
      mounts: [mount('/dev/sda1', '/srv', { number: '8:1' })],
      exports: [{ by, name, path }],
    };
    expect(lines(use)).toContain(
      `exported refuses 00:03.0 contains disks that the kernel exports or writes to: ${path} by ${by}`,
    );
    expect(remedies(use)).toContain(`stop the export: ${command}`);
  });

  it('is free if another one is exported, and not cleared if it is not known which', () => {
    const exports = (path: string) => [{ by: 'LIO', name: 'iblock_0/x', path }];
    expect(lines({ exports: exports('/dev/sdb') })).toEqual([]);
    expect(lines({ exports: exports('/dev/odd') })).toEqual([
      'exported unknown 00:03.0 cannot be checked: the devices of exported disks are unknown: /dev/odd by LIO',
    ]);
    expect(lines({ exports: DENIED })).toEqual([
      'exported unknown 00:03.0 cannot be checked for disks that the kernel exports: requires root',
    ]);
  });
});

describe('a disk that a file system on another one needs', () => {
  it('holds its log, for the host as for a folder', () => {
    const xfs = { type: 'xfs', number: '8:16', devices: ['/dev/sda1'] };
    expect(lines({ mounts: [mount('/dev/sdb', '/', xfs)] })).toEqual([
      'system-disk forbids 00:03.0 contains the root file system: sda1 on /',
    ]);
    expect(lines({ mounts: [mount('/dev/sdb', '/srv', { ...xfs, devices: ['/dev/odd'] })] })).toEqual([
      'mounted unknown 00:03.0 cannot be checked: the block device of mounted file systems is unknown: /dev/odd for /srv',
    ]);
  });

  it('holds its journal', () => {
    const mounts = [mount('/dev/sdb', '/', { number: '8:16' })];
    const journals = (...names: readonly string[]) => [
      { type: 'ext4', blocks: ['sdb'] },
      ...names.map((name) => ({ type: 'jbd2', blocks: [name] })),
    ];
    expect(lines({ mounts, fileSystems: journals('sda1') })).toEqual([
      'system-disk forbids 00:03.0 contains the root file system: sda1 on /',
    ]);
    expect(lines({ mounts, fileSystems: journals('sda1', 'sdb-8') })).toEqual([
      'mounted refuses 00:03.0 contains file systems that are mounted elsewhere, for example in a container: the journal of a file system on sda1',
    ]);
    expect(lines({ mounts, fileSystems: journals('sdb-8') })).toEqual([]);
  });

  it('is one of several by its id', () => {
    const mounts = [mount('/dev/root', '/', { type: 'bcachefs' })];
    expect(lines({ mounts, fileSystems: [{ type: 'bcachefs', blocks: ['sdb', 'sda1'] }] })).toEqual([
      'system-disk forbids 00:03.0 contains the root file system: sda1 on /',
    ]);
  });

  it('may be any of those that no name leads to', () => {
    const of = (type: string, source: string) => lines({ mounts: [mount(source, '/srv', { type })] });
    expect(of('bcachefs', '/dev/odd:/dev/even')).toEqual([
      'mounted unknown 00:03.0 cannot be checked: the block device of mounted file systems is unknown: /dev/odd for /srv, /dev/even for /srv',
    ]);
    expect(of('fuse', '/dev/fuse')).toEqual([]);
    expect(of('virtiofs', '/dev/root')).toEqual([]);
  });

  it('has the file that it is', () => {
    const mounts = [
      mount('/data/root.erofs', '/', { type: 'erofs', directories: ['/data/root.erofs'] }),
      mount('/dev/sda1', '/data', { number: '8:1' }),
    ];
    expect(lines({ mounts })[0]).toBe('system-disk forbids 00:03.0 contains the root file system: sda1 on /');
  });

  it('has the pool of a volume', () => {
    const member = { ...SDA1, signature: 'zfs_member', label: 'tank' };
    const volume = block('zd0', { number: '230:0', kind: 'virtual' });
    const use = {
      blocks: [SDA, member, volume],
      pools: ['tank'],
      mounts: [mount('/dev/zd0', '/', { number: '230:0' })],
    };
    expect(lines(use)[0]).toBe('system-disk forbids 00:03.0 contains the root file system: zd0 on /');
  });
});

describe('a disk and other mount namespaces', () => {
  const space = (isOfInit: boolean, ...mounts: readonly ReturnType<typeof mount>[]) => ({
    mountNamespaces: [{ pid: isOfInit ? 1 : 913, command: 'x', isOfInit, mounts }],
  });
  const there = (point: string) => mount('/dev/sda1', point, { number: '8:1', type: 'vfat' });

  it('is mounted if it is mounted in one of them', () => {
    expect(lines({}, space(false, there('/my data')))).toEqual([
      'mounted refuses 00:03.0 contains mounted file systems: sda1 on /my data (mount namespace of x, pid 913)',
    ]);
    expect(remedies({}, space(false, there('/my data')))).toEqual([
      "unmount it: nsenter --target 913 --mount umount '/my data'",
    ]);
  });

  it('is what the host runs from only if process 1 sees it so', () => {
    expect(lines({}, space(false, there('/')))[0]).toMatch(/^mounted refuses/);
    expect(lines({}, space(true, there('/')))).toEqual([
      'system-disk forbids 00:03.0 contains the root file system: sda1 on / (mount namespace of x, pid 1)',
    ]);
  });

  it('says the same mount once', () => {
    expect(lines({ mounts: [there('/srv')] }, space(false, there('/srv'), there('/else')))).toEqual([
      'mounted refuses 00:03.0 contains mounted file systems: sda1 on /srv',
    ]);
  });

  it('is not cleared if one could not be read', () => {
    expect(lines({}, { unseenMounts: BROKEN })).toEqual([
      'mounted unknown 00:03.0 cannot be checked for file systems that other mount namespaces mounted from its disks: the data is unreadable or invalid',
    ]);
  });
});

describe('swap', () => {
  const area = (path: string, kind: 'partition' | 'file') => [{ path, kind, usedBytes: 0 }];

  it('of which nothing tells the disk may be on any', () => {
    expect(lines({ swaps: area('/dev/odd', 'partition') })).toEqual([
      'swap unknown 00:03.0 cannot be checked: no known device contains the swap area /dev/odd, 0 B in use',
    ]);
    expect(
      lines({ swaps: area('/swap.img', 'file'), mounts: [mount('overlay', '/', { type: 'overlay' })] }),
    ).toHaveLength(1);
    expect(
      lines({ swaps: area('/swap.img', 'file'), mounts: [mount('/dev/sdb', '/', { number: '8:16' })] }),
    ).toEqual([]);
  });

  it('is switched off by its path, quoted', () => {
    const mounts = [mount('/dev/sda1', '/my data', { number: '8:1' })];
    expect(remedies({ swaps: area('/my data/swap', 'file'), mounts })).toContain(
      "disable it: swapoff '/my data/swap'",
    );
  });

  it('is where the host hibernates to, also while it is off', () => {
    expect(lines({ hibernation: '8:1' })).toEqual([
      'swap refuses 00:03.0 is the hibernation target of the host: sda1',
    ]);
    expect(lines({ hibernation: '8:16' })).toEqual([]);
    expect(lines({ hibernation: DENIED })).toHaveLength(1);
  });
});

describe('an automount', () => {
  it('is warned of', () => {
    const automounts = (source: string | null) => ({ automounts: [{ point: '/efi', source }] });
    expect(lines(automounts('/dev/sda1'))).toEqual([
      'automount warns 00:03.0 contains file systems that are mounted on demand: sda1 on /efi',
    ]);
    expect(lines(automounts('/dev/odd'))[0]).toMatch(/^automount unknown/);
    expect(lines(automounts('/dev/sdb'))).toEqual([]);
    expect(lines(automounts('binfmt_misc'))).toEqual([]);
    expect(lines(automounts(null))).toEqual([]);
  });
});

describe('a network function', () => {
  const NIC = functionHere({
    classCode: '020000',
    driver: 'ixgbe',
    below: networkInterface('eth1', '52:54:00:00:00:01'),
  });
  const remote = (facts: Partial<RemoteStorage>): RemoteStorage => ({
    protocol: 'iSCSI',
    own: [],
    peers: [],
    interfaces: [],
    ...facts,
  });
  const use = (facts: Partial<RemoteStorage>): Partial<HostUse> => ({
    blocks: [
      block('sdc', { number: '8:32', remote: remote(facts) }),
      block('sdc1', { number: '8:33', partitionOf: 'sdc' }),
    ],
    mounts: [mount('/dev/sdc1', '/', { number: '8:33' })],
    interfaces: [link('eth1', { function: HERE }), link('eth2', { function: '0000:00:04.0' as PciAddress })],
    ipv4: {
      addresses: [],
      routes: [
        { interface: 'eth1', destination: '10.9.0.0/24', gateway: null, isOwnNetwork: true },
        { interface: 'eth2', destination: '0.0.0.0/0', gateway: '192.0.2.1', isOwnNetwork: false },
      ],
    },
  });
  const rootLines = (facts: Partial<RemoteStorage>) =>
    linesOf({ functions: [NIC], use: use(facts) }).filter((line) => line.startsWith('system-disk'));

  it('carries the root file system over iSCSI', () => {
    const carries = [
      'system-disk forbids 00:03.0 carries the root file system over iSCSI: sdc, /dev/sdc1 on /',
    ];
    expect(rootLines({ peers: ['10.9.0.1'] })).toEqual(carries);
    expect(rootLines({ interfaces: ['eth1'] })).toEqual(carries);
  });

  it('is free if another one carries it', () => {
    expect(rootLines({ peers: ['198.51.100.1'] })).toEqual([]);
    expect(rootLines({ interfaces: ['eth2'] })).toEqual([]);
    expect(rootLines({ peers: ['127.0.0.1'] })).toEqual([]);
  });

  it('is not cleared if nothing tells which one carries it', () => {
    expect(rootLines({})).toEqual([
      'system-disk unknown 00:03.0 cannot be checked: no known interface carries the root file system over iSCSI: sdc, /dev/sdc1 on /',
    ]);
    const down = { ...use({}), interfaces: [link('eth1', { function: HERE, isUp: false })] };
    expect(linesOf({ functions: [NIC], use: down })).toEqual([]);
  });

  it('carries a root file system of NFS', () => {
    const nfs = mount('10.9.0.1:/srv', '/', {
      type: 'nfs4',
      remote: remote({ protocol: 'nfs4', peers: ['10.9.0.1'] }),
    });
    const found = linesOf({ functions: [NIC], use: { ...use({}), mounts: [nfs] } });
    expect(found[0]).toBe(
      'system-disk forbids 00:03.0 carries the root file system over nfs4: 10.9.0.1:/srv on /',
    );
  });

  it('has nothing to do with a disk that nothing uses', () => {
    expect(linesOf({ functions: [NIC], use: { ...use({}), mounts: [] } })).toEqual([]);
  });
});

describe('a virtio function of a share', () => {
  const SHARE = functionHere({ ids: '1af4:1009', classCode: '000200', driver: 'virtio-pci' });
  const share = (type: '9p' | 'virtiofs', tag: string | null) => [{ function: HERE, type, tag }];
  const of = (facts: Partial<HostUse>, live: Partial<LiveUse> = {}) =>
    linesOf({ functions: [SHARE], use: facts, live });

  it('is never taken while the share is mounted', () => {
    const mounts = [mount('data', '/mnt/a b', { type: '9p' })];
    expect(of({ shares: share('9p', 'data'), mounts })).toEqual([
      'shared-folder forbids 00:03.0 carries a mounted 9p share "data": data on /mnt/a b',
    ]);
    expect(findingsOf({ functions: [SHARE], use: { shares: share('9p', 'data'), mounts } })[0]?.remedy).toBe(
      "unmount the share: umount '/mnt/a b'",
    );
    const there = [{ pid: 7, command: 'x', isOfInit: false, mounts }];
    expect(of({ shares: share('9p', 'data') }, { mountNamespaces: there })).toHaveLength(1);
  });

  it('carries the root file system', () => {
    const mounts = [mount('root', '/', { type: 'virtiofs' })];
    expect(of({ shares: share('virtiofs', 'root'), mounts })).toEqual([
      'shared-folder forbids 00:03.0 carries the root file system, a virtiofs share "root": root on /',
    ]);
    expect(of({ shares: share('virtiofs', null), mounts })[0]).toMatch(/^shared-folder unknown/);
    const byKernel = [mount('/dev/root', '/', { type: 'virtiofs' })];
    expect(of({ shares: share('virtiofs', 'root'), mounts: byKernel })[0]).toMatch(/^shared-folder forbids/);
  });

  it('is free if another share is mounted, or none', () => {
    expect(of({ shares: share('9p', 'other'), mounts: [mount('data', '/mnt', { type: '9p' })] })).toEqual([]);
    expect(of({ shares: share('9p', null) })).toEqual([]);
    expect(of({})).toEqual([]);
  });

  it('is not cleared if it is not known whether there is one', () => {
    expect(of({ shares: DENIED })).toEqual([
      'shared-folder unknown 00:03.0 cannot be checked for mounted shares that come through it: requires root',
    ]);
    expect(of({ shares: share('9p', 'data') }, { unseenMounts: BROKEN })[0]).toMatch(
      /^shared-folder unknown/,
    );
    expect(linesOf({ use: { shares: DENIED } })).toEqual([]);
  });
});
