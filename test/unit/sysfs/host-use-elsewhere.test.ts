import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readTunnels } from '../../../lib/sysfs/host-use/node/tunnels.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { readAutomounts } from '../../../lib/sysfs/host-use/storage/automounts.ts';
import { readBlocks } from '../../../lib/sysfs/host-use/storage/blocks.ts';
import { readExports } from '../../../lib/sysfs/host-use/storage/exports.ts';
import { readFileSystems } from '../../../lib/sysfs/host-use/storage/file-systems.ts';
import { parseMount } from '../../../lib/sysfs/host-use/storage/mount-line.ts';
import { readMountNamespaces } from '../../../lib/sysfs/host-use/storage/mount-namespaces.ts';
import { readHibernation, readMounts } from '../../../lib/sysfs/host-use/storage/mounts.ts';
import { readShares } from '../../../lib/sysfs/host-use/storage/share-devices.ts';
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

describe('disks on a network', () => {
  const blocks = (put: (tree: HostTree) => void) => readBlocks(host(put));
  const remote = (facts: object) => ({ own: [], peers: [], interfaces: [], ...facts });

  it('of iSCSI tell the addresses of both ends', () => {
    const adapter = '/sys/devices/platform/host6';
    const connection = `${adapter}/session1/connection1:0/iscsi_connection/connection1:0`;
    const found = blocks((tree) => {
      putBlock(tree, `${adapter}/session1/target6:0:0/6:0:0:1/block/sdb`, '8:16');
      tree.attribute(`${adapter}/iscsi_host/host6/ipaddress`, '10.9.0.5');
      tree.attribute(`${adapter}/iscsi_host/host6/netdev`, '<NULL>');
      tree.attribute(`${connection}/address`, '[2001:db8::1]:3260');
      tree.attribute(`${connection}/persistent_address`, '10.9.0.1');
    });
    const storage = remote({ protocol: 'iSCSI', own: ['10.9.0.5'], peers: ['2001:db8::1', '10.9.0.1'] });
    expect(found).toMatchObject([{ name: 'sdb', functions: [], kind: null, remote: storage }]);
  });

  it('of an adapter that does iSCSI itself are on it', () => {
    const path = `${PCI}/host2/session1/target2:0:0/2:0:0:1/block/sdb`;
    expect(blocks((tree) => putBlock(tree, path, '8:16'))).toMatchObject([
      { functions: ['0000:00:03.0'], remote: null },
    ]);
  });

  it.each([
    [
      'tcp',
      'traddr=10.9.0.1,trsvcid=4420,host_traddr=10.9.0.5,src_addr=10.9.0.5',
      remote({ protocol: 'NVMe over tcp', own: ['10.9.0.5', '10.9.0.5'], peers: ['10.9.0.1'] }),
    ],
    [
      'rdma',
      'traddr=10.9.0.1,trsvcid=4420,host_iface=ib0',
      remote({ protocol: 'NVMe over rdma', peers: ['10.9.0.1'], interfaces: ['ib0'] }),
    ],
    ['loop', '', null],
  ])('of NVMe over %s', (transport, address, storage) => {
    const controller = '/sys/devices/virtual/nvme-fabrics/ctl/nvme0';
    const found = blocks((tree) => {
      putBlock(tree, '/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1', '259:0');
      putBlock(tree, `${controller}/nvme0c0n1`, '259:1');
      tree.attribute(`${controller}/transport`, transport);
      tree.attribute(`${controller}/address`, address);
    });
    expect(found).toMatchObject([{ name: 'nvme0n1', kind: null, remote: storage }]);
  });

  it('of NVMe over Fibre Channel are on the adapter with that port', () => {
    const controller = '/sys/devices/virtual/nvme-fabrics/ctl/nvme0';
    const found = (name: string) =>
      blocks((tree) => {
        putBlock(tree, `${controller}/nvme0n1`, '259:0');
        tree.attribute(`${controller}/transport`, 'fc');
        tree.attribute(`${controller}/address`, 'traddr=nn-0x1:pn-0x2,host_traddr=nn-0x20:pn-0x21AB');
        tree.attribute(`${PCI}/host3/fc_host/host3/port_name`, name);
        tree.linkTo('/sys/class/fc_host/host3', `${PCI}/host3/fc_host/host3`);
      });
    expect(found('0x21ab')).toMatchObject([{ functions: ['0000:00:03.0'], remote: null }]);
    expect(found('0x9')).toMatchObject([{ functions: [], remote: { protocol: 'NVMe over fc' } }]);
  });

  it.each([
    [`${VIRTUAL}/nbd0`, remote({ protocol: 'NBD' })],
    ['/sys/devices/rbd/0/block/rbd0', remote({ protocol: 'Ceph RBD', own: ['10.9.0.5'] })],
    [`${VIRTUAL}/etherd!e0.1`, remote({ protocol: 'AoE', interfaces: ['eth1', 'eth2'] })],
    [
      '/sys/devices/virtual/net/eth1.5/ctlr_0/host7/rport-7:0-1/target7:0:0/7:0:0:1/block/sdd',
      remote({ protocol: 'FCoE', interfaces: ['eth1.5'] }),
    ],
  ])('are known by their place and name: %s', (path, storage) => {
    const found = blocks((tree) => {
      putBlock(tree, path, '43:0');
      tree.attribute('/sys/devices/rbd/0/client_addr', '10.9.0.5:0/3918273');
      tree.attribute(`${VIRTUAL}/etherd!e0.1/netif`, 'eth1,eth2');
    });
    expect(found).toMatchObject([{ remote: storage }]);
  });

  it('may keep it to themselves', () => {
    const found = blocks((tree) => {
      putBlock(tree, '/sys/devices/rbd/0/block/rbd0', '251:0');
      tree.deny('/sys/devices/rbd/0/client_addr');
    });
    expect(found).toMatchObject([{ remote: DENIED }]);
  });
});

describe('what software makes', () => {
  it('is told apart from disks', () => {
    const found = readBlocks(
      host((tree) => {
        for (const name of ['drbd0', 'loop0', 'md127', 'zd0', 'zram0'])
          putBlock(tree, `${VIRTUAL}/${name}`, '7:0');
        tree.attribute(`${VIRTUAL}/zram0/backing_dev`, '/dev/sda1');
        putBlock(tree, `${PCI}/block/sda`, '8:0');
      }),
    );
    expect(found).toMatchObject([
      { name: 'drbd0', kind: 'drbd' },
      { name: 'loop0', kind: 'loop' },
      { name: 'md127', kind: 'md' },
      { name: 'sda', kind: null, backingFile: null },
      { name: 'zd0', kind: 'virtual' },
      { name: 'zram0', kind: 'zram', backingFile: '/dev/sda1' },
    ]);
  });

  it('by bcache is not known if a link of it is not', () => {
    const found = readBlocks(
      host((tree) => {
        putBlock(tree, `${PCI}/block/sda`, '8:0');
        tree.deny(`${PCI}/block/sda/bcache/dev`);
      }),
    );
    expect(found).toMatchObject([{ holders: DENIED }]);
  });
});

describe('mounts', () => {
  it('name the devices that they need beside their own', () => {
    const line = '29 1 259:1 / / rw - xfs /dev/sda1 rw,logdev=/dev/sdb1,rtdev=/dev/my\\040rt,noquota';
    expect(parseMount(line)).toMatchObject({ devices: ['/dev/sdb1', '/dev/my rt'], directories: [] });
    expect(parseMount('29 1 0:27 / / rw - btrfs /dev/sda1 rw,subvol=/@home')).toMatchObject({
      devices: [],
      directories: [],
    });
  });

  it.each([
    ['nfs4 10.9.0.1:/srv rw,vers=4.2,clientaddr=10.9.0.5,addr=10.9.0.1', ['10.9.0.5'], ['10.9.0.1']],
    ['nfs4 [2001:db8::1]:/srv rw,clientaddr=::', [], ['2001:db8::1']],
    ['cifs //files/share rw,addr=10.9.0.2', [], ['10.9.0.2']],
    ['ceph 10.9.0.1:6789,10.9.0.2:6789:/ rw', [], ['10.9.0.1', '10.9.0.2']],
    ['9p 10.9.0.3 rw,trans=tcp', [], ['10.9.0.3']],
  ])('of other hosts tell where they are: %s', (text, own, peers) => {
    expect(parseMount(`29 1 0:40 / / rw - ${text}`)?.remote).toMatchObject({ own, peers });
  });

  it('of the hypervisor are on no other host', () => {
    expect(parseMount('29 1 0:40 / / rw - 9p data rw,trans=virtio')?.remote).toBeNull();
    expect(parseMount('29 1 0:40 / / rw - virtiofs data rw')).toMatchObject({
      remote: null,
      directories: [],
    });
  });

  it('may be of a file', () => {
    expect(parseMount('29 1 0:40 / / ro - erofs /data/root.erofs ro')?.directories).toEqual([
      '/data/root.erofs',
    ]);
  });
});

describe('mount namespaces', () => {
  const own = '29 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n';
  const put = (tree: HostTree, pid: number | string, text: string, link?: string) => {
    tree.text(`/proc/${pid}/mountinfo`, text);
    tree.attribute(`/proc/${pid}/comm`, `name${pid}`);
    if (link !== undefined) tree.link(`/proc/${pid}/ns/mnt`, link);
  };

  it('are read once each', () => {
    const found = readMountNamespaces(
      host((tree) => {
        put(tree, 'self', own, 'mnt:[1]');
        put(tree, 1, own, 'mnt:[1]');
        put(tree, 7, '70 60 8:2 / /a rw - vfat /dev/sda2 rw\n', 'mnt:[2]');
        put(tree, 8, 'not read', 'mnt:[2]');
        // Of one without a link what is mounted tells.
        put(tree, 9, '99 60 8:1 / / rw master:4 - ext4 /dev/sda1 rw\n');
      }),
    );
    expect(found).toMatchObject({
      unseenMounts: null,
      mountNamespaces: [
        { pid: 7, command: 'name7', isOfInit: false, mounts: [{ point: '/a', type: 'vfat' }] },
      ],
    });
  });

  it('are those of the host, seen from a container', () => {
    const found = readMountNamespaces(
      host((tree) => {
        put(tree, 'self', '29 1 0:77 / / rw - overlay overlay rw\n', 'mnt:[5]');
        put(tree, 1, own, 'mnt:[1]');
      }),
    );
    expect(found.mountNamespaces).toMatchObject([{ pid: 1, isOfInit: true, mounts: [{ number: '8:1' }] }]);
  });

  it('may be refused, broken, or not captured; a process that has ended has none', () => {
    const unseen = (change: (tree: HostTree) => void) =>
      readMountNamespaces(
        host((tree) => {
          put(tree, 'self', own);
          change(tree);
        }),
      ).unseenMounts;
    expect(unseen((tree) => tree.deny('/proc/7/mountinfo'))).toEqual(DENIED);
    expect(unseen((tree) => put(tree, 7, '1 nonsense\n'))).toEqual(BROKEN);
    expect(unseen((tree) => tree.fail('/proc/7/mountinfo', 'EINVAL'))).toBeNull();
    expect(unseen((tree) => tree.directory('/proc/7'))).toBeNull();
    expect(unseen(() => {})).toEqual(UNREAD);
    expect(readMountNamespaces(host((tree) => tree.deny('/proc'))).unseenMounts).toEqual(DENIED);
  });
});

describe('file systems of several devices', () => {
  it('are found by their ids', () => {
    const found = readFileSystems(
      host((tree) => {
        tree.linkTo('/sys/fs/bcachefs/3f2a/dev-0/block', `${PCI}/block/sda/sda1`);
        tree.directory('/sys/fs/bcachefs/3f2a/dev-1');
        tree.linkTo('/sys/fs/gfs2/c:data/device', `${PCI}/block/sdb`);
        tree.directory('/sys/fs/btrfs/features');
        tree.directory('/sys/fs/nilfs2/sdc1');
        tree.directory('/sys/fs/nilfs2/features');
        tree.directory('/proc/fs/jbd2/sdd1');
        tree.directory('/proc/fs/jbd2/vda2-8');
      }),
    );
    expect(found).toEqual([
      { type: 'nilfs2', blocks: ['sdc1'] },
      { type: 'bcachefs', blocks: ['sda1'] },
      { type: 'gfs2', blocks: ['sdb'] },
      { type: 'jbd2', blocks: ['sdd1'] },
      { type: 'jbd2', blocks: ['vda2-8'] },
    ]);
  });

  it('are not known if their devices are not', () => {
    expect(readFileSystems(host((tree) => tree.deny('/sys/fs/btrfs/3f2a/devices')))).toEqual(DENIED);
    expect(readFileSystems(host((tree) => tree.directory('/sys/fs/btrfs/3f2a')))).toEqual(BROKEN);
    expect(readFileSystems(host((tree) => tree.deny('/sys/fs/bcachefs/3f2a/dev-0/block')))).toEqual(DENIED);
  });
});

describe('exports', () => {
  const core = '/sys/kernel/config/target/core';
  const nvmet = '/sys/kernel/config/nvmet/subsystems/nqn.x';

  it('are those that are switched on', () => {
    const found = readExports(
      host((tree) => {
        tree.attribute(`${core}/iblock_0/disk1/enable`, '1');
        tree.attribute(`${core}/iblock_0/disk1/udev_path`, '/dev/disk/by-id/x');
        tree.attribute(
          `${core}/iblock_0/disk1/info`,
          'Status: ACTIVATED\n  iBlock device: sda  UDEV PATH: /dev/x',
        );
        tree.attribute(`${core}/iblock_0/off/enable`, '0');
        tree.attribute(`${core}/fileio_1/file/enable`, '1');
        tree.attribute(`${core}/fileio_1/file/udev_path`, '/srv/a.img');
        tree.attribute(`${core}/alua/lu_gps/default_lu_gp`, '');
        tree.attribute(`${nvmet}/namespaces/1/enable`, '1');
        tree.attribute(`${nvmet}/namespaces/1/device_path`, '/dev/sdb');
        tree.attribute(`${nvmet}/namespaces/2/enable`, '0');
        tree.attribute(`${nvmet}/namespaces/2/device_path`, '/dev/sdc');
        tree.attribute(`${nvmet}/passthru/enable`, '1');
        tree.attribute(`${nvmet}/passthru/device_path`, '/dev/nvme0');
        tree.text('/sys/kernel/scst_tgt/devices/d/filename', '/dev/sdd\n[key]\n');
        tree.attribute('/sys/kernel/config/usb_gadget/g/functions/mass_storage.0/lun.0/file', '/srv/b.img');
        tree.linkTo('/sys/devices/virtual/rnbd-server/ctl/devices/sde/block_dev', `${PCI}/block/sde`);
      }),
    );
    expect(found).toEqual([
      { by: 'LIO', name: 'fileio_1/file', path: '/srv/a.img' },
      { by: 'LIO', name: 'iblock_0/disk1', path: '/dev/sda' },
      { by: 'nvmet', name: 'nqn.x/namespaces/1', path: '/dev/sdb' },
      { by: 'nvmet passthru', name: 'nqn.x/passthru', path: '/dev/nvme0' },
      { by: 'USB gadget', name: 'g/functions/mass_storage.0/lun.0', path: '/srv/b.img' },
      { by: 'SCST', name: 'd', path: '/dev/sdd' },
      { by: 'RNBD', name: 'sde', path: '/dev/sde' },
    ]);
  });

  it('may be none, refused, or hidden', () => {
    expect(readExports(host(() => {}))).toBeNull();
    expect(readExports(host((tree) => tree.directory(core)))).toBeNull();
    expect(readExports(host((tree) => tree.deny(core)))).toEqual(DENIED);
    expect(readExports(host((tree) => tree.deny(`${core}/iblock_0`)))).toEqual(DENIED);
    expect(readExports(host((tree) => tree.directory('/sys/module/nvmet')))).toEqual(UNREAD);
    const lost = host((tree) => {
      tree.attribute(`${core}/pscsi_0/d/enable`, '1');
      tree.deny(`${core}/pscsi_0/d/udev_path`);
    });
    expect(readExports(lost)).toEqual([{ by: 'LIO', name: 'pscsi_0/d', path: DENIED }]);
  });
});

describe('virtio functions of shares', () => {
  const DRIVER = '/sys/bus/virtio/drivers';

  it('are found by driver and below functions, with their tags', () => {
    const found = readShares(
      host((tree) => {
        tree.text(`${PCI}/virtio0/mount_tag`, 'data\0');
        tree.linkTo(`${DRIVER}/9pnet_virtio/virtio0`, `${PCI}/virtio0`);
        const other = '/sys/devices/pci0000:00/0000:00:04.0';
        tree.attribute(`${other}/virtio1/device`, '0x001a');
        tree.linkTo(`/sys/bus/pci/drivers/virtio-pci/0000:00:04.0`, other);
        tree.attribute('/sys/fs/virtiofs/1/tag', 'root');
        tree.linkTo('/sys/fs/virtiofs/1/device', `${other}/virtio1`);
        const nic = '/sys/devices/pci0000:00/0000:00:05.0';
        tree.attribute(`${nic}/virtio2/device`, '0x0001');
        tree.linkTo(`/sys/bus/pci/drivers/virtio-pci/0000:00:05.0`, nic);
      }),
    );
    expect(found).toEqual([
      { function: '0000:00:03.0', type: '9p', tag: 'data' },
      { function: '0000:00:04.0', type: 'virtiofs', tag: 'root' },
    ]);
  });

  it('may be none, refused, or keep their tag', () => {
    expect(readShares(host(() => {}))).toBeNull();
    expect(readShares(host((tree) => tree.deny(`${DRIVER}/9pnet_virtio`)))).toEqual(DENIED);
    const silent = host((tree) => {
      tree.deny(`${PCI}/virtio0/mount_tag`);
      tree.linkTo(`${DRIVER}/9pnet_virtio/virtio0`, `${PCI}/virtio0`);
    });
    expect(readShares(silent)).toEqual([{ function: '0000:00:03.0', type: '9p', tag: DENIED }]);
  });
});

describe('automounts', () => {
  const mounts = (...points: readonly string[]) => points.map((line) => `29 1 0:40 / ${line} rw\n`).join('');
  const read = (put: (tree: HostTree) => void, ...lines: readonly string[]) => {
    const made = host((tree) => {
      tree.text('/proc/self/mountinfo', mounts(...lines));
      put(tree);
    });
    return readAutomounts(made, readMounts(made));
  };

  it('tell what would be mounted', () => {
    const found = read(
      (tree) => {
        tree.text('/run/systemd/generator.late/efi.mount', '[Mount]\nWhat=/dev/disk/by-partuuid/aa\n');
        tree.text('/run/systemd/generator/my\\x20data-a.mount', '[Mount]\nWhat=/dev/sda1\n');
        tree.text(
          '/etc/fstab',
          '# x\nPARTLABEL="b oot" /boot vfat noauto\nLABEL=boot /boot vfat x-systemd.automount\n',
        );
      },
      '/efi rw - autofs systemd-1',
      '/my\\040data/a rw - autofs systemd-1',
      '/boot rw - autofs systemd-1',
      '/net rw - autofs /etc/auto.net',
      '/srv rw - autofs systemd-1',
      '/srv rw - ext4 /dev/sdb1',
    );
    expect(found).toEqual([
      { point: '/efi', source: '/dev/disk/by-partuuid/aa' },
      { point: '/my data/a', source: '/dev/sda1' },
      { point: '/boot', source: '/dev/disk/by-label/boot' },
      { point: '/net', source: null },
    ]);
  });

  it('may be none', () => {
    expect(read(() => {}, '/ rw - ext4 /dev/sda1')).toBeNull();
    expect(
      readAutomounts(
        host(() => {}),
        DENIED,
      ),
    ).toEqual(DENIED);
  });
});

describe('tunnels', () => {
  it('lead to the ports that depend on the interface', () => {
    const nhi = '/sys/devices/pci0000:00/0000:00:0d.2';
    const found = readTunnels(
      host((tree) => {
        tree.linkTo('/sys/bus/pci/devices/0000:00:0d.2', nhi);
        tree.linkTo('/sys/bus/pci/drivers/thunderbolt/0000:00:0d.2', nhi);
        tree.link(`${nhi}/consumer:pci:0000:00:07.0`, '../../virtual/devlink/x');
        tree.link(`${nhi}/consumer:usb:usb1`, '../../virtual/devlink/y');
      }),
    );
    expect(found).toEqual([{ function: '0000:00:0d.2', ports: ['0000:00:07.0'] }]);
    expect(readTunnels(host(() => {}))).toBeNull();
    expect(readTunnels(host((tree) => tree.deny('/sys/bus/pci/drivers/thunderbolt')))).toEqual(DENIED);
  });
});

describe('names of devices', () => {
  it('are followed by links, and by what udev noted', () => {
    const use = readHostUse(
      host((tree) => {
        putBlock(tree, `${PCI}/block/sda`, '8:0');
        putBlock(tree, `${PCI}/block/sda/sda1`, '8:1');
        tree.text('/run/udev/data/b8:1', 'S:disk/by-partlabel/data\nE:ID_FS_TYPE=ext4\n');
        tree.link('/dev/md/home', '../home');
        tree.link('/dev/home', 'sda');
        tree.text(
          '/proc/swaps',
          'F\n/dev/disk/by-partlabel/data partition 1 0 -2\n/dev/md/home partition 1 0 -2\n/dev/odd partition 1 0 -2\n',
        );
      }),
    );
    expect(use.deviceNames).toEqual([
      { path: '/dev/disk/by-partlabel/data', block: 'sda1' },
      { path: '/dev/md/home', block: 'sda' },
    ]);
  });
});

describe('nodes below another root', () => {
  it('are known by their numbers', () => {
    const made = host((tree) => {
      putBlock(tree, `${PCI}/block/sda`, '8:0');
      putBlock(tree, `${VIRTUAL}/loop0`, '7:0');
      tree.attribute(`${VIRTUAL}/loop0/loop/backing_file`, '/srv/root/dev/disk');
    });
    made.deviceNumber = (path = '') => (path.endsWith('/disk') ? { kind: 'block', number: '8:0' } : null);
    expect(readHostUse(made).deviceNames).toEqual([{ path: '/srv/root/dev/disk', block: 'sda' }]);
  });
});

describe('hibernation', () => {
  it.each([
    ['8:3', '8:3'],
    ['0:0', null],
    ['what', BROKEN],
  ])('%s', (text, expected) => {
    expect(readHibernation(host((tree) => tree.attribute('/sys/power/resume', text)))).toEqual(expected);
  });
});
