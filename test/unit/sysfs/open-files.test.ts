import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import type { DeviceNumber, Reading } from '../../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readOpenFiles } from '../../../lib/sysfs/host-use/node/open-files.ts';
import { HostTree } from '../../support/host-tree.ts';
import { numberedHost } from '../../support/numbered-host.ts';

const HERE = '0000:00:02.0';
const PCI = `/sys/devices/pci0000:00/${HERE}`;
const VIRTUAL = '/sys/devices/virtual';

type Put = (tree: HostTree) => void;

/** A captured host with a first process. */
function captured(put: Put): SnapshotHost {
  const tree = new HostTree();
  tree.directory('/sys');
  tree.attribute('/proc/1/comm', 'systemd');
  put(tree);
  return new SnapshotHost(tree.snapshot('nodes'));
}

/** What process 7 has open on a live machine, as lines: its files by number, each with a path and what it is a node of. */
function live(open: Readonly<Record<string, Reading<DeviceNumber>>>, put: Put = () => {}) {
  const files = Object.entries(open);
  const host = captured((tree) => {
    put(tree);
    for (const [index, [path]] of files.entries()) tree.link(`/proc/7/fd/${index}`, path);
  });
  const numbers = Object.fromEntries(files.map(([, device], index) => [`/proc/7/fd/${index}`, device]));
  const { holders, unseen } = readOpenFiles(numberedHost(host, numbers));
  return { nodes: holders.flatMap(({ nodes }) => nodes), unseen };
}

const character = (number: string): DeviceNumber => ({ kind: 'character', number });
const blockNumber = (number: string): DeviceNumber => ({ kind: 'block', number });
/** A device of sysfs with a node. */
function device(
  tree: HostTree,
  kind: 'char' | 'block',
  number: string,
  at: string,
  subsystem?: string,
): void {
  tree.linkTo(`/sys/dev/${kind}/${number}`, at);
  if (subsystem !== undefined) tree.linkTo(`${at}/subsystem`, `/sys/class/${subsystem}`);
}

describe('a node that a process has open', () => {
  it('is looked for by its number, whatever it is called', () => {
    const put: Put = (tree) => {
      device(tree, 'char', '226:128', `${PCI}/drm/renderD128`, 'drm');
      device(tree, 'char', '189:3', `${PCI}/usb1/1-4`, 'usb');
      device(tree, 'block', '8:1', `${PCI}/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1`, 'block');
    };
    const open = {
      '/srv/jail/dev/gpu': character('226:128'),
      '/dev/bus/usb/001/004 (deleted)': character('189:3'),
      '/tmp/anything': blockNumber('8:1'),
      '/etc/passwd': null,
    };
    expect(live(open, put).nodes).toEqual([
      {
        path: '/dev/bus/usb/001/004 (deleted)',
        name: '1-4',
        subsystem: 'usb',
        block: null,
        functions: [HERE],
      },
      { path: '/srv/jail/dev/gpu', name: 'renderD128', subsystem: 'drm', block: null, functions: [HERE] },
      { path: '/tmp/anything', name: 'sda1', subsystem: 'block', block: 'sda1', functions: [HERE] },
    ]);
  });

  it('may be of no function, or of a disk by another node', () => {
    const put: Put = (tree) => {
      device(tree, 'char', '1:3', `${VIRTUAL}/mem/null`, 'mem');
      device(tree, 'char', '240:0', `${VIRTUAL}/nvme-subsystem/nvme-subsys0/ng0n1`, 'nvme-generic');
      device(tree, 'block', '253:0', `${VIRTUAL}/block/dm-0`, 'block');
    };
    const open = {
      '/dev/null': character('1:3'),
      '/dev/ng0n1': character('240:0'),
      '/dev/dm-0': blockNumber('253:0'),
    };
    expect(live(open, put).nodes.map(({ name, block, functions }) => [name, block, functions])).toEqual([
      ['dm-0', 'dm-0', []],
      ['ng0n1', 'nvme0n1', []],
    ]);
  });

  it('of a pseudo-terminal is of no device, whatever it is called; what else sysfs does not have may be', () => {
    const open = {
      '/dev/pts/0': character('136:0'),
      '/srv/jail/terminal': character('143:9'),
      '/dev/pts/1': character('144:0'),
      '/dev/pts/2': blockNumber('136:0'),
    };
    expect(live(open).nodes.map(({ path, functions }) => [path, functions])).toEqual([
      ['/dev/pts/1', UNREAD],
      ['/dev/pts/2', UNREAD],
    ]);
  });

  it('of VFIO is of all members of the group, and of the parent of a mediated device', () => {
    const groups = '/sys/kernel/iommu_groups';
    const mdev = `${PCI}/a297db4a-f4c2-11e6-90f6-d3b88d6c9525`;
    const put: Put = (tree) => {
      device(tree, 'char', '243:1', `${VIRTUAL}/vfio/12`, 'vfio');
      device(tree, 'char', '243:2', `${VIRTUAL}/vfio/77`, 'vfio');
      tree.linkTo(`${groups}/12/devices/0000:03:00.0`, '/sys/devices/pci0000:00/0000:03:00.0');
      tree.linkTo(`${groups}/12/devices/0000:03:00.1`, '/sys/devices/pci0000:00/0000:03:00.1');
      tree.linkTo(`${groups}/77/devices/a297db4a-f4c2-11e6-90f6-d3b88d6c9525`, mdev);
    };
    const open = { '/dev/vfio/12': character('243:1'), '/dev/vfio/77': character('243:2') };
    expect(live(open, put).nodes.map(({ functions }) => functions)).toEqual([
      ['0000:03:00.0', '0000:03:00.1'],
      [HERE],
    ]);
    const unlisted = live(open, (tree) => {
      put(tree);
      tree.deny(`${groups}/12/devices`);
      tree.remove(`${groups}/77`);
    });
    expect(unlisted.nodes.map(({ functions }) => functions)).toEqual([DENIED, UNREAD]);
  });

  it("of NVIDIA's driver is of the GPU with its minor number, or of any", () => {
    const put: Put = (tree) => {
      tree.text(
        '/proc/devices',
        'Character devices:\n195 nvidia\n507 nvidia-uvm\n\nBlock devices:\n  8 sd\n',
      );
      tree.text(
        `/proc/driver/nvidia/gpus/${HERE}/information`,
        'Model: \t\t NVIDIA L4\nDevice Minor: \t 0\n',
      );
    };
    const open = {
      '/dev/nvidia-uvm': character('507:0'),
      '/dev/nvidia0': character('195:0'),
      '/dev/nvidia1': character('195:1'),
      '/dev/nvidiactl': character('195:255'),
      '/jail/gpu': character('195:0'),
    };
    expect(
      live(open, put).nodes.map(({ path, subsystem, functions }) => [path, subsystem, functions]),
    ).toEqual([
      ['/dev/nvidia-uvm', 'nvidia', UNREAD],
      ['/dev/nvidia0', 'nvidia', [HERE]],
      ['/dev/nvidia1', 'nvidia', UNREAD],
      ['/dev/nvidiactl', 'nvidia', UNREAD],
      ['/jail/gpu', 'nvidia', [HERE]],
    ]);
  });

  it('by the first name of the watchdog is of the first watchdog', () => {
    const put: Put = (tree) => {
      device(tree, 'char', '10:130', `${VIRTUAL}/misc/watchdog`, 'misc');
      tree.linkTo('/sys/class/watchdog/watchdog0', `${PCI}/iTCO_wdt/watchdog/watchdog0`);
    };
    expect(live({ '/dev/watchdog': character('10:130') }, put).nodes).toMatchObject([{ functions: [HERE] }]);
  });

  it('may be of a device that sysfs does not have, or does not tell', () => {
    const open = { '/dev/card': character('500:0'), '/dev/sdq': blockNumber('65:0') };
    expect(live(open).nodes).toMatchObject([
      { name: 'card', subsystem: null, functions: UNREAD },
      { name: 'sdq', subsystem: 'block', block: null, functions: UNREAD },
    ]);
    const denied = live(open, (tree) => tree.deny('/sys/dev/char/500:0'));
    expect(denied.nodes[0]).toMatchObject({ functions: DENIED });
  });

  it('is looked for by name on a host that was captured', () => {
    const { holders } = readOpenFiles(
      captured((tree) => {
        device(tree, 'char', '226:1', `${PCI}/drm/card1`, 'drm');
        tree.text(`${PCI}/drm/card1/uevent`, 'MAJOR=226\nMINOR=1\nDEVNAME=dri/card1\n');
        tree.linkTo('/sys/class/uio/uio0', `${PCI}/uio/uio0`);
        tree.attribute(`${PCI}/uio/uio0/dev`, '246:0');
        const paths = ['/dev/dri/card1', '/dev/uio0', '/dev/null', '/dev/card', '/home/a/dev/notes'];
        const lost = ['/dev/dri/card1 (deleted)', '/srv/jail/dev/dri/card1'];
        for (const [index, path] of [...paths, ...lost].entries()) tree.link(`/proc/7/fd/${index}`, path);
      }),
    );
    expect(
      holders.flatMap(({ nodes }) =>
        nodes.map(({ path, subsystem, functions }) => [path, subsystem, functions]),
      ),
    ).toEqual([
      ['/dev/card', null, UNREAD],
      ['/dev/dri/card1', 'drm', [HERE]],
      ['/dev/dri/card1 (deleted)', 'drm', UNREAD],
      ['/dev/uio0', 'uio', [HERE]],
      ['/srv/jail/dev/dri/card1', 'drm', UNREAD],
    ]);
  });
});

describe('the processes of a host', () => {
  it('are told with their names and machines', () => {
    const { holders, unseen } = readOpenFiles(
      captured((tree) => {
        tree.attribute('/proc/812/comm', 'qemu-system-x86');
        tree.text('/proc/812/cmdline', 'qemu-system-x86_64\0-name\0guest=galaxy0,debug-threads=on\0-S\0');
        tree.link('/proc/812/fd/0', '/dev/null');
        tree.link('/proc/812/fd/7', '/dev/vfio/12');
        tree.link('/proc/812/fd/8', '/dev/vfio/12');
        tree.link('/proc/812/fd/9', 'socket:[1]');
        tree.attribute('/proc/9/comm', 'bash');
        tree.link('/proc/9/fd/0', '/dev/pts/0');
        tree.link('/proc/10/fd/0', '/dev/sda');
        tree.directory('/proc/sys');
      }),
    );
    expect({ holders, unseen }).toMatchObject({
      holders: [
        { pid: 10, command: null, machine: null, nodes: [{ path: '/dev/sda' }] },
        { pid: 812, command: 'qemu-system-x86', machine: 'galaxy0', nodes: [{ path: '/dev/vfio/12' }] },
      ],
      unseen: null,
    });
  });

  it('hold files by a thread that outlived the first', () => {
    const { holders } = readOpenFiles(
      captured((tree) => {
        tree.directory('/proc/7/fd');
        tree.link('/proc/7/task/8/fd/3', '/dev/sda');
      }),
    );
    expect(holders).toMatchObject([{ pid: 7, nodes: [{ path: '/dev/sda' }] }]);
  });

  it('hold files by a thread that has files of its own', () => {
    const { holders } = readOpenFiles(
      captured((tree) => {
        tree.link('/proc/7/fd/3', '/dev/sda');
        tree.link('/proc/7/task/7/fd/3', '/dev/sda');
        tree.link('/proc/7/task/8/fd/3', '/dev/sdc');
        tree.link('/proc/7/task/8/fd/4', '/dev/sdb');
        // Of the same numbers: it is the same table, as far as anybody looks.
        tree.link('/proc/7/task/9/fd/3', '/dev/sdd');
      }),
    );
    expect(holders).toMatchObject([
      { pid: 7, nodes: [{ path: '/dev/sda' }, { path: '/dev/sdb' }, { path: '/dev/sdc' }] },
    ]);
  });

  it('are not known if threads have more files than anybody looks at', () => {
    const host = captured((tree) => {
      tree.link('/proc/7/fd/3', '/dev/null');
      tree.link('/proc/7/task/8/fd/3', '/dev/null');
      tree.link('/proc/7/task/9/fd/4', '/dev/sda');
    });
    const many = new Array<string>(4_000_001).fill('3');
    const crowded = {
      ...numberedHost(host, {}),
      list: (path: string) => (path === '/proc/7/task/8/fd' ? many : host.list(path)),
    };
    expect(readOpenFiles(crowded)).toMatchObject({ holders: [], unseen: UNREAD });
  });

  const MAPS = [
    '7f1000000000-7f1000010000 r-xp 00000000 08:02 11             /usr/lib/libc.so.6',
    '00400000-00410000 rw-s 00000000 00:06 524                    /dev/gpu',
    '7f1200000000-7f1200010000 rw-s 00010000 00:06 524                    /dev/gpu',
    '7f1300000000-7f1300010000 rw-s 00000000 08:02 12             /home/u/dev/notes',
    `7f1400000000-7f1400010000 rw-s 00000000 00:17 13             ${PCI}/resource0`,
    '7f1500000000-7f1500010000 rw-p 00000000 00:00 0              [heap]',
  ];
  const putMaps: Put = (tree) => {
    tree.directory('/proc/7/fd');
    tree.text('/proc/7/maps', MAPS.map((line) => `${line}\n`).join(''));
    device(tree, 'char', '226:128', `${PCI}/drm/renderD128`, 'drm');
  };
  const REGISTERS = `/sys/bus/pci/devices/${HERE}/resource0`;

  it('hold what they map, by its number', () => {
    const host = captured((tree) => {
      putMaps(tree);
      tree.link('/proc/7/map_files/400000-410000', '/dev/gpu');
      tree.link('/proc/7/map_files/7f1300000000-7f1300010000', '/home/u/dev/notes');
    });
    const numbered = numberedHost(host, { '/proc/7/map_files/400000-410000': character('226:128') });
    expect(readOpenFiles(numbered).holders).toMatchObject([
      {
        pid: 7,
        nodes: [
          { path: '/dev/gpu', name: 'renderD128', functions: [HERE] },
          { path: REGISTERS, subsystem: 'pci', functions: [HERE] },
        ],
      },
    ]);
  });

  it('hold what they map, by its name if there is no number', () => {
    expect(readOpenFiles(captured(putMaps)).holders).toMatchObject([
      { nodes: [{ path: '/dev/gpu', functions: UNREAD }, { path: REGISTERS }] },
    ]);
  });

  it('hold the functions whose registers or configuration space they have open', () => {
    const open = {
      [`${PCI}/resource2_wc`]: null,
      [`/srv/host${PCI}/config`]: null,
      '/proc/bus/pci/01/00.0': null,
      [`${PCI}/hwmon/hwmon3/temp1_input`]: null,
      '/srv/devices/resource0': null,
    };
    expect(live(open).nodes.map(({ path }) => path)).toEqual([
      `/sys/bus/pci/devices/${HERE}/config`,
      `/sys/bus/pci/devices/${HERE}/resource2_wc`,
      '/sys/bus/pci/devices/0000:01:00.0/config',
    ]);
  });

  it('hold files by a ring of io_uring', () => {
    const { holders } = readOpenFiles(
      captured((tree) => {
        device(tree, 'char', '226:128', `${PCI}/drm/renderD128`, 'drm');
        device(tree, 'char', '226:0', `${PCI}/drm/card0`, 'drm');
        tree.text(`${PCI}/drm/renderD128/uevent`, 'DEVNAME=dri/renderD128\n');
        tree.linkTo('/sys/class/drm/card0', `${PCI}/drm/card0`);
        tree.attribute(`${PCI}/drm/card0/dev`, '226:0');
        tree.link('/proc/7/fd/3', 'anon_inode:[io_uring]');
        const files = '    0: /dev/dri/renderD128\n    1: card0\n    2: notes.txt\n';
        tree.text('/proc/7/fdinfo/3', `pos:\t0\nUserFiles:\t3\n${files}UserBufs:\t1\n    0: 0x1/64\n`);
      }),
    );
    expect(holders).toMatchObject([
      { pid: 7, nodes: [{ path: '/dev/card0' }, { path: '/dev/dri/renderD128' }] },
    ]);
  });

  const unseen = (put: Put) => readOpenFiles(captured(put)).unseen;

  it.each<[string, Put, unknown]>([
    ['files that may not be listed', (tree) => tree.deny('/proc/7/fd'), DENIED],
    ['files that are no folder', (tree) => tree.text('/proc/7/fd', ''), BROKEN],
    ['a file that may not be looked at', (tree) => tree.deny('/proc/7/fd/3'), DENIED],
    ['a process that ended meanwhile', (tree) => tree.fail('/proc/7/fd', 'ESRCH'), null],
    ['one of another namespace', (tree) => tree.link('/proc/self/ns/pid', 'pid:[4026532218]'), UNREAD],
    ['one of the first namespace', (tree) => tree.link('/proc/self/ns/pid', 'pid:[4026531836]'), null],
    ['a namespace that may not be looked at', (tree) => tree.deny('/proc/self/ns/pid'), DENIED],
  ])('may not all be seen: %s', (_, put, why) => {
    expect(unseen(put)).toEqual(why);
  });

  it('may be hidden, or not have been captured', () => {
    const of = (put: Put) => {
      const tree = new HostTree();
      tree.directory('/sys');
      put(tree);
      return readOpenFiles(new SnapshotHost(tree.snapshot('hidden')));
    };
    expect(of(() => {})).toMatchObject({ holders: [], unseen: UNREAD });
    expect(of((tree) => tree.deny('/proc'))).toMatchObject({ holders: [], unseen: DENIED });
    expect(of((tree) => tree.directory('/proc/sys'))).toMatchObject({ holders: [], unseen: UNREAD });
    expect(of((tree) => tree.link('/proc/812/fd/3', '/dev/null'))).toMatchObject({
      holders: [],
      unseen: UNREAD,
    });
  });

  it('are not asked for files of other machines, which may never answer', () => {
    const mounts = '22 1 0:21 / / rw - ext4 /dev/sda1 rw\n29 22 0:50 / /mnt/far rw - nfs4 far:/ rw\n';
    const put: Put = (tree) => {
      tree.link('/proc/7/ns/mnt', 'mnt:[1]');
      tree.text('/proc/7/mountinfo', mounts);
      device(tree, 'char', '246:0', `${PCI}/uio/uio0`, 'uio');
    };
    const open = { '/mnt/far/node': character('246:0'), '/mnt/near/node': character('246:0') };
    expect(live(open, put).nodes).toMatchObject([{ path: '/mnt/near/node' }]);
  });
});
