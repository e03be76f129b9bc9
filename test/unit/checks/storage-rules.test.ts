import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD, type Unknown } from '../../../lib/base/known.ts';
import type { HostUse } from '../../../lib/facts/host-use.ts';
import { block, findingsOf, functionHere, HERE, linesOf, mount, openNode } from '../../support/host-use.ts';
import { sataDrive } from '../../support/things.ts';

const ON = { functions: [HERE] };
const SDA = block('sda', { ...ON, number: '8:0' });
const SDA1 = block('sda1', { ...ON, number: '8:1', partitionOf: 'sda' });
const SDA2 = block('sda2', { ...ON, number: '8:2', partitionOf: 'sda', holders: ['dm-0'] });
const LUKS = block('dm-0', { number: '253:0', kind: 'crypt', title: 'luks', holders: ['dm-1', 'dm-2'] });
const ROOT = block('dm-1', { number: '253:1', kind: 'lvm', title: 'vg0-root' });
const SWAP = block('dm-2', { number: '253:2', kind: 'lvm', title: 'vg--1-swap' });
const OTHER = block('sdb', { functions: ['0000:00:1f.2' as typeof HERE], number: '8:16' });
const STACK = [SDA, SDA1, SDA2, LUKS, ROOT, SWAP, OTHER];

const DRIVE = functionHere({ classCode: '010601', driver: 'ahci', below: sataDrive(1, 'sda', 1000) });
const lines = (use: Partial<HostUse>) => linesOf({ functions: [DRIVE], use });

describe('a disk', () => {
  it('that nothing uses is not in the way', () => {
    const use = { blocks: STACK.slice(0, 2), mounts: [mount('/dev/sdb', '/', { number: '8:16' })] };
    expect(
      lines({
        ...use,
        blocks: STACK.slice(0, 2).concat(OTHER),
        swaps: [{ path: '/dev/sdb', kind: 'partition', usedBytes: 0 }],
      }),
    ).toEqual([]);
  });

  it('with the root file system is forbidden, through all that is between', () => {
    const use = { blocks: STACK, mounts: [mount('/dev/mapper/vg0-root', '/', { number: '253:1' })] };
    expect(lines(use)).toEqual([
      'system-disk forbids 00:03.0 contains the root file system: vg0-root on /',
      'lvm refuses 00:03.0 is part of active LVM volumes: vg0-root, vg--1-swap',
      'crypt refuses 00:03.0 is part of an unlocked encrypted device: luks',
    ]);
    const [first] = findingsOf({ functions: [DRIVE], use });
    expect(first?.evidence).toEqual([
      '/dev/mapper/vg0-root is mounted on / (ext4): sda > sda2 > luks > vg0-root',
    ]);
    expect(first?.remedy).toBe('this finding cannot be accepted while the host runs from it');
  });

  it('with what the host runs from beside its root is forbidden as well', () => {
    expect(
      lines({ blocks: STACK.slice(0, 2), mounts: [mount('/dev/sda1', '/boot/efi', { number: '8:1' })] }),
    ).toEqual([
      'system-disk forbids 00:03.0 contains file systems that the host runs from: sda1 on /boot/efi',
    ]);
  });

  it.each<readonly [string, Partial<HostUse>]>([
    ['by the number of the device', { mounts: [mount('/dev/root', '/srv', { number: '8:1' })] }],
    ['by the name of the device', { mounts: [mount('/dev/sda1', '/srv', { type: 'btrfs' })] }],
    ['as one of several devices', { mounts: [mount('/dev/sdb:/dev/sda1', '/srv', { type: 'bcachefs' })] }],
    [
      'as another device of a btrfs',
      {
        mounts: [mount('/dev/sdb', '/srv', { type: 'btrfs' })],
        fileSystems: [{ type: 'btrfs', blocks: ['sda1', 'sdb'] }],
      },
    ],
    [
      'as a btrfs that goes by another name',
      {
        mounts: [mount('/dev/root', '/srv', { type: 'btrfs' })],
        fileSystems: [{ type: 'btrfs', blocks: ['sda1'] }],
      },
    ],
  ])('that is mounted is found %s', (_, use) => {
    expect(lines({ blocks: [SDA, SDA1, OTHER], ...use })).toEqual([
      'mounted refuses 00:03.0 contains mounted file systems: sda1 on /srv',
    ]);
  });

  it('is found below loop devices and overlays', () => {
    const loop = block('loop0', { number: '7:0', backingFile: '/run/live/medium/live/filesystem.squashfs' });
    const mounts = [
      mount('/dev/sda1', '/run/live/medium', { number: '8:1' }),
      mount('/dev/loop0', '/run/live/rootfs', { number: '7:0', type: 'squashfs' }),
      mount('overlay', '/', { type: 'overlay', directories: ['/run/live/rootfs/', '/run/live/rw'] }),
    ];
    const found = lines({ blocks: [SDA, SDA1, loop], mounts });
    expect(found[0]).toBe('system-disk forbids 00:03.0 contains the root file system: loop0 on /');
    expect(found[1]).toContain(
      'mounted refuses 00:03.0 contains mounted file systems: sda1 on /run/live/medium',
    );
    expect(lines({ blocks: [SDA, SDA1, loop], mounts: mounts.slice(1) })).toEqual([]);
  });

  it('that is mounted where it can not be seen from here is found', () => {
    const use = { blocks: [SDA, SDA1], fileSystems: [{ type: 'ext4', blocks: ['sda1'] }] };
    expect(lines(use)).toEqual([
      'mounted refuses 00:03.0 contains file systems that are mounted elsewhere, for example in a container: ext4 on sda1',
    ]);
    expect(lines({ ...use, mounts: [mount('/dev/sda1', '/srv', { number: '8:1' })] })).toHaveLength(1);
  });

  it.each([
    ['/dev/sda1', 'partition', [SDA, SDA1]],
    ['/dev/dm-2', 'partition', STACK],
    ['/dev/mapper/vg--1-swap', 'partition', STACK],
    ['/dev/vg-1/swap', 'partition', STACK],
    ['/srv/swap.img', 'file', [SDA, SDA1]],
  ] as const)('that is swapped to is found: %s', (path, kind, blocks) => {
    const mounts = [
      mount('/dev/sdb', '/', { number: '8:16' }),
      mount('/dev/sda1', '/srv', { number: '8:1' }),
    ];
    const found = findingsOf({
      functions: [DRIVE],
      use: { blocks, mounts, swaps: [{ path, kind, usedBytes: 1024 * 1024 }] },
    }).find(({ name }) => name === 'swap');
    expect(found).toMatchObject({
      severity: 'refuses',
      message: `contains swap: ${path}, 1 MiB in use`,
      remedy: `disable it: swapoff ${path}`,
    });
  });

  it.each([
    [
      'md',
      block('md0', { kind: 'md' }),
      'is part of a running md array: md0',
      'stop the array, or remove the member from it: mdadm --stop /dev/md0',
    ],
    [
      'bcache',
      block('bcache0', { kind: 'bcache' }),
      'is part of a running bcache: bcache0',
      'stop it: echo 1 > /sys/block/bcache0/bcache/stop',
    ],
    [
      'device-mapper',
      block('dm-5', { kind: 'multipath', title: 'mpatha' }),
      'is part of a mapped device: mpatha',
      'remove it: multipath -f mpatha',
    ],
    [
      'device-mapper',
      block('dm-5', { kind: 'device-mapper', title: 'my thin pool' }),
      'is part of a mapped device: my thin pool',
      "remove it: dmsetup remove 'my thin pool'",
    ],
    [
      'lvm',
      block('dm-5', { kind: 'lvm', title: 'vg--1-a--b' }),
      'is part of active LVM volumes: vg--1-a--b',
      'deactivate them: lvchange --activate n vg-1/a-b',
    ],
    [
      'crypt',
      block('dm-5', { kind: 'crypt', title: 'luks' }),
      'is part of an unlocked encrypted device: luks',
      'close it: cryptsetup close luks',
    ],
  ] as const)('in %s is found', (name, above, message, remedy) => {
    const below = { ...SDA, holders: [above.name] };
    const [found] = findingsOf({ functions: [DRIVE], use: { blocks: [below, above] } });
    expect(found?.remedy).toBe(remedy);
    expect(lines({ blocks: [below, above] })).toEqual([`${name} refuses 00:03.0 ${message}`]);
    expect(lines({ blocks: [SDA, above] })).toEqual([]);
  });

  it('in a ZFS pool is found, and with the root on it forbidden', () => {
    const member = { ...SDA1, signature: 'zfs_member', label: 'rpool' };
    const use = { blocks: [SDA, member], pools: ['rpool'] };
    expect(lines(use)).toEqual(['zfs refuses 00:03.0 is part of an imported ZFS pool: sda1 in rpool']);
    expect(findingsOf({ functions: [DRIVE], use })[0]?.remedy).toBe('export the pool: zpool export rpool');
    expect(lines({ ...use, mounts: [mount('rpool/ROOT/debian', '/', { type: 'zfs' })] })[0]).toBe(
      'system-disk forbids 00:03.0 contains the root file system: sda1 on /',
    );
    expect(lines({ ...use, pools: ['tank'] })).toEqual([]);
    expect(lines({ blocks: [SDA, { ...member, label: null }], pools: ['tank'] })).toHaveLength(1);
  });

  it('of a set that is not at work is warned of', () => {
    const idle = (signature: string) => lines({ blocks: [SDA, { ...SDA1, signature }] });
    expect(idle('LVM2_member')).toEqual([
      'storage-member warns 00:03.0 contains inactive members: sda1, of LVM',
    ]);
    expect(idle('zfs_member')).toHaveLength(1);
    expect(idle('ext4')).toEqual([]);
  });

  it('that a program has open is found', () => {
    const holder = { pid: 812, command: 'qemu-system-x86', machine: 'galaxy0' };
    const at = (nodes: readonly string[]) =>
      findingsOf({
        functions: [DRIVE],
        use: { blocks: STACK },
        live: { holders: [{ ...holder, nodes: nodes.map((path) => openNode(path)) }] },
      });
    expect(at(['/dev/sda1']).find(({ name }) => name === 'block-open')).toMatchObject({
      severity: 'refuses',
      message: 'has disks that are open in VM galaxy0 (pid 812)',
      evidence: ['VM galaxy0 (pid 812) has /dev/sda1 open'],
    });
    expect(at(['/dev/sdb', '/dev/kvm']).some(({ name }) => name === 'block-open')).toBe(false);
  });

  it('whose name has a slash is found', () => {
    const blocks = [block('cciss!c0d0', { ...ON, number: '104:0' })];
    expect(
      lines({ blocks, swaps: [{ path: '/dev/cciss/c0d0', kind: 'partition', usedBytes: 0 }] }),
    ).toHaveLength(1);
  });

  it('that holds itself ends somewhere', () => {
    const loop = [
      { ...SDA, holders: ['dm-0'] },
      { ...LUKS, holders: ['sda', 'dm-0'] },
      block('loop0', { backingFile: '/a/b', number: '7:0' }),
    ];
    const mounts = [
      mount('/dev/loop0', '/a', { number: '7:0' }),
      mount('overlay', '/b', { type: 'overlay', directories: ['/b/c'] }),
    ];
    expect(lines({ blocks: loop, mounts })).toHaveLength(1);
  });
});

describe('a disk of which something could not be read', () => {
  const REASONS: readonly (readonly [string, Unknown, string])[] = [
    ['denied', DENIED, 'run the command as root'],
    ['broken', BROKEN, 'check the file on the host'],
    ['unread', UNREAD, 'run the command on the host, as root'],
  ];

  it.each(REASONS)('cannot be checked: %s', (_, why, remedy) => {
    const of = (use: Partial<HostUse>) =>
      findingsOf({ functions: [DRIVE], use }).map(({ name, severity, remedy: what }) => [
        name,
        severity,
        what,
      ]);
    expect(of({ mounts: why })).toEqual([['mounted', 'unknown', remedy]]);
    expect(of({ fileSystems: why })).toEqual([['mounted', 'unknown', remedy]]);
    expect(of({ swaps: why })).toEqual([['swap', 'unknown', remedy]]);
    expect(of({ blocks: why })).toEqual([
      ['mounted', 'unknown', remedy],
      ['swap', 'unknown', remedy],
    ]);
    const signed = [{ ...SDA, signature: why }];
    expect(of({ blocks: signed, pools: ['tank'] })).toEqual([['zfs', 'unknown', remedy]]);
    expect(of({ blocks: signed })).toEqual([]);
    expect(of({ blocks: [{ ...SDA, signature: 'zfs_member' }], pools: why })[0]).toEqual([
      'zfs',
      'unknown',
      remedy,
    ]);
  });

  it('is not cleared where what is made of it is not known', () => {
    expect(lines({ blocks: [{ ...SDA, holders: BROKEN }] })).toEqual([
      'mounted unknown 00:03.0 cannot be checked for file systems that are mounted from its disks: the data is unreadable or invalid',
    ]);
    expect(lines({ blocks: [SDA, { ...SDA1, number: DENIED }] })).toHaveLength(1);
  });

  it('is not cleared where no process could be looked into', () => {
    expect(
      linesOf({ functions: [DRIVE], use: { blocks: STACK.slice(0, 1) }, live: { unseen: DENIED } }),
    ).toEqual([
      'block-open unknown 00:03.0 cannot be checked for programs that have its disks open: requires root',
    ]);
  });

  it('is of no concern to a function without disks', () => {
    const use = { blocks: DENIED, mounts: DENIED, swaps: DENIED, fileSystems: DENIED, pools: DENIED };
    expect(linesOf({ use, live: { unseen: DENIED } })).toEqual([]);
  });
});
