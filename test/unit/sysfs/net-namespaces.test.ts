import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readLiveUse } from '../../../lib/sysfs/host-use/live-use.ts';
import { readFunctionPorts } from '../../../lib/sysfs/host-use/network/function-ports.ts';
import { HostTree } from '../../support/host-tree.ts';

function host(put: (tree: HostTree) => void): HostReader {
  const tree = new HostTree();
  put(tree);
  return new SnapshotHost(tree.snapshot('namespaces'));
}

const readElsewhere = (reader: HostReader) => readLiveUse(reader).elsewhere;
const readPacketSockets = (reader: HostReader) => readLiveUse(reader).packetSockets;

const OWN = 'net:[4026531840]';
const OTHER = 'net:[4026532501]';
const HEAD = 'Inter-|   Receive  |  Transmit\n face |bytes    packets|bytes    packets\n';

function putProcess(tree: HostTree, pid: number, namespace: string, names: readonly string[] = []): void {
  tree.link(`/proc/${pid}/ns/net`, namespace);
  tree.attribute(`/proc/${pid}/comm`, 'nginx');
  tree.text(`/proc/${pid}/net/dev`, HEAD + ['lo', ...names].map((name) => `  ${name}: 0 0 0 0\n`).join(''));
}

function putInterface(
  tree: HostTree,
  pid: number,
  name: string,
  facts: Readonly<Record<string, string>>,
): void {
  const at = `/proc/${pid}/root/sys/class/net/${name}`;
  for (const [file, text] of Object.entries({ uevent: '', ...facts })) tree.attribute(`${at}/${file}`, text);
}

/** The reader with an interface of number 3, and a container, process 913. */
function putHost(tree: HostTree): void {
  tree.link('/proc/self/ns/net', OWN);
  tree.text('/proc/self/mountinfo', '22 1 0:21 / /proc rw - proc proc rw\n');
  putProcess(tree, 1, OWN);
  const nic = '/sys/devices/pci0000:00/0000:00:03.0/net/eth0';
  tree.attribute(`${nic}/ifindex`, '3');
  tree.attribute(`${nic}/iflink`, '3');
  // The snapshot follows no links.
  tree.attribute('/sys/class/net/eth0/ifindex', '3');
  tree.attribute('/sys/class/net/eth0/iflink', '3');
  tree.attribute('/sys/class/net/veth1/ifindex', '9');
  tree.attribute('/sys/class/net/veth1/iflink', '8');
}

const elsewhere = (put: (tree: HostTree) => void) =>
  readElsewhere(
    host((tree) => {
      putHost(tree);
      put(tree);
    }),
  );

describe('other network namespaces', () => {
  it('are none if every process is in the same', () => {
    expect(elsewhere((tree) => putProcess(tree, 913, OWN, ['eth0']))).toEqual({
      interfaces: [],
      unseen: [],
      missed: null,
    });
  });

  it('are none on a kernel without them', () => {
    const without = host((tree) => {
      tree.directory('/proc/self/ns');
      tree.attribute('/proc/1/comm', 'init');
      tree.text('/proc/self/mountinfo', '');
    });
    expect(readElsewhere(without)).toEqual({ interfaces: [], unseen: [], missed: null });
  });

  it.each([
    [{ uevent: 'DEVTYPE=macvlan', ifindex: '4', iflink: '3' }, 'macvlan', 3],
    [{ uevent: 'DEVTYPE=macvlan', ifindex: '3', iflink: '3' }, 'macvlan', 3],
    [{ uevent: 'DEVTYPE=vlan', ifindex: '4', iflink: '3' }, 'vlan', 3],
    // Made of another in its own namespace.
    [{ uevent: 'DEVTYPE=vlan', ifindex: '4', iflink: '3', 'lower_eth1/x': '' }, 'vlan', null],
    [{ uevent: 'DEVTYPE=bridge', ifindex: '3', iflink: '3' }, 'bridge', null],
    [{ ifindex: '3', iflink: '3', tun_flags: '0x1002' }, 'other', null],
    [{ ifindex: '4', iflink: '0' }, 'other', null],
    // The other end of a cable to the host.
    [{ ifindex: '8', iflink: '9' }, 'other', null],
    // Not every driver has a word for what it makes: these may be macvlans.
    [{ ifindex: '7', iflink: '3' }, 'other', 3],
    [{ ifindex: '3', iflink: '3' }, 'other', 3],
    [{ ifindex: '5', iflink: '5' }, 'other', null],
  ])('have interfaces that are made of others, or are not: %j', (facts, kind, madeOf) => {
    const found = elsewhere((tree) => {
      putProcess(tree, 913, OTHER, ['eth0']);
      putInterface(tree, 913, 'eth0', facts as Readonly<Record<string, string>>);
    });
    expect(found).toEqual({
      interfaces: [{ name: 'eth0', where: 'nginx (pid 913)', function: null, kind, madeOf }],
      unseen: [],
      missed: null,
    });
  });

  it('have interfaces of functions', () => {
    const found = elsewhere((tree) => {
      putProcess(tree, 913, OTHER, ['eth7']);
      const at = '/proc/913/root/sys/devices/pci0000:00/0000:00:05.0/net/eth7';
      tree.linkTo('/proc/913/root/sys/class/net/eth7', at);
      for (const file of ['ifindex', 'iflink']) tree.attribute(`${at}/${file}`, '6');
    });
    // A snapshot does not follow the link, and so cannot say the numbers.
    expect(found.unseen).toEqual(['nginx (pid 913)']);
  });

  it('are not looked into if they have only what every one has', () => {
    const found = elsewhere((tree) => putProcess(tree, 913, OTHER, ['tunl0', 'sit0']));
    expect(found).toEqual({ interfaces: [], unseen: [], missed: null });
  });

  it('are not seen if nobody in them has their sysfs', () => {
    const unseen = { interfaces: [], unseen: ['nginx (pid 913)'], missed: null };
    expect(elsewhere((tree) => putProcess(tree, 913, OTHER, ['eth0']))).toEqual(unseen);
    // That of the host, as services without a network have it.
    expect(
      elsewhere((tree) => {
        putProcess(tree, 913, OTHER, ['eth0']);
        for (const name of ['eth0', 'eth1']) putInterface(tree, 913, name, { ifindex: '4', iflink: '4' });
      }),
    ).toEqual(unseen);
    expect(
      elsewhere((tree) => {
        putProcess(tree, 913, OTHER, ['eth0']);
        putInterface(tree, 913, 'eth0', { ifindex: '4' });
      }),
    ).toEqual(unseen);
  });

  it('are seen through another process that is in them', () => {
    const found = elsewhere((tree) => {
      putProcess(tree, 913, OTHER, ['eth0']);
      putProcess(tree, 914, OTHER, ['eth0']);
      putInterface(tree, 914, 'eth0', { uevent: 'DEVTYPE=ipvlan', ifindex: '4', iflink: '3' });
    });
    expect(found).toMatchObject({ interfaces: [{ name: 'eth0', kind: 'ipvlan', madeOf: 3 }], unseen: [] });
  });

  it('may be mounted, without a process', () => {
    const found = elsewhere((tree) =>
      tree.text('/proc/self/mountinfo', `99 25 0:4 ${OTHER} /run/netns/blue rw - nsfs nsfs rw\n`),
    );
    expect(found).toEqual({ interfaces: [], unseen: ['/run/netns/blue'], missed: null });
  });

  it('may be those of a thread', () => {
    const found = elsewhere((tree) => {
      putProcess(tree, 913, OWN);
      tree.link('/proc/913/task/913/ns/net', OWN);
      tree.link('/proc/913/task/914/ns/net', OTHER);
      tree.text('/proc/913/task/914/net/dev', `${HEAD}  eth0: 0 0 0 0\n`);
    });
    // The thread still has the sysfs of its process.
    expect(found).toEqual({ interfaces: [], unseen: ['nginx (pid 913)'], missed: null });
    expect(elsewhere((tree) => tree.deny('/proc/1/task')).missed).toEqual(DENIED);
  });

  it('may be kept by a descriptor', () => {
    const keeping = (namespace: string) =>
      elsewhere((tree) => {
        putProcess(tree, 913, OWN);
        tree.link('/proc/913/fd/5', namespace);
      });
    expect(keeping(OTHER)).toEqual({ interfaces: [], unseen: ['nginx (pid 913)'], missed: null });
    expect(keeping(OWN)).toEqual({ interfaces: [], unseen: [], missed: null });
    expect(elsewhere((tree) => tree.deny('/proc/1/fd')).missed).toEqual(DENIED);
  });

  it('may be mounted where another process sees it', () => {
    const found = elsewhere((tree) => {
      putProcess(tree, 913, OWN);
      tree.text('/proc/913/mountinfo', `99 25 0:4 ${OTHER} /run/blue rw - nsfs nsfs rw\n`);
    });
    const unseen = ['/run/blue, in the mount namespace of nginx (pid 913)'];
    expect(found).toEqual({ interfaces: [], unseen, missed: null });
    expect(elsewhere((tree) => tree.deny('/proc/1/mountinfo')).missed).toEqual(DENIED);
  });

  it('are asked of the kernel by what keeps them', () => {
    const asked: string[] = [];
    const reader = host((tree) => {
      putHost(tree);
      putProcess(tree, 913, OWN);
      tree.link('/proc/913/fd/5', OTHER);
    });
    reader.ask = (_, [namespace = '']) => {
      asked.push(namespace);
      return JSON.stringify([{ ifindex: 7, ifname: 'eth0', parentbus: 'pci', parentdev: '0000:00:05.0' }]);
    };
    expect(readElsewhere(reader).interfaces).toMatchObject([{ name: 'eth0', function: '0000:00:05.0' }]);
    expect(asked).toEqual(['--net=/proc/913/fd/5']);
  });

  it('are asked of the kernel where it can be asked', () => {
    const asking = (name: string, kind: string) => {
      const reader = host((tree) => {
        putHost(tree);
        putProcess(tree, 913, OTHER, ['eth0']);
        putInterface(tree, 913, 'eth0', { ifindex: '7', iflink: '3' });
      });
      reader.ask = () =>
        JSON.stringify([
          { ifindex: 1, ifname: 'lo' },
          { ifindex: 7, ifname: name, link_index: 3, link_netnsid: 0, linkinfo: { info_kind: kind } },
        ]);
      return readElsewhere(reader).interfaces;
    };
    expect(asking('eth0', 'veth')).toMatchObject([{ name: 'eth0', kind: 'other', madeOf: null }]);
    expect(asking('eth0', 'macvlan')).toMatchObject([{ name: 'eth0', kind: 'macvlan', madeOf: 3 }]);
  });

  it('may be denied, or not have been captured', () => {
    expect(elsewhere((tree) => tree.deny('/proc/1/ns/net')).missed).toEqual(DENIED);
    expect(elsewhere((tree) => tree.deny('/proc/self/mountinfo')).missed).toEqual(DENIED);
    expect(elsewhere((tree) => tree.deny('/proc/self/ns/net')).missed).toEqual(DENIED);
    expect(readElsewhere(host(() => {})).missed).toEqual(UNREAD);
    expect(readElsewhere(host((tree) => tree.deny('/proc'))).missed).toEqual(DENIED);
    const inconsistent = host((tree) => {
      tree.directory('/proc/self/ns');
      putProcess(tree, 913, OTHER);
    });
    expect(readElsewhere(inconsistent).missed).toEqual(BROKEN);
  });
});

describe('packet sockets', () => {
  const TABLE = `sk               RefCnt Type Proto  Iface R Rmem   User   Inode
00000000503cd966 3      3    0003   3     1 0      0      56514
00000000503cd967 3      3    0003   0     1 0      0      56515
00000000503cd968 3      3    0003   4     1 0      0      56516
`;

  it('are read with who has them, those of all interfaces left out', () => {
    const sockets = readPacketSockets(
      host((tree) => {
        tree.text('/proc/net/packet', TABLE);
        tree.link('/proc/902/fd/5', 'socket:[56514]');
        tree.attribute('/proc/902/comm', 'suricata');
      }),
    );
    expect(sockets).toEqual([
      { interfaceIndex: 3, owner: 'suricata (pid 902)' },
      { interfaceIndex: 4, owner: null },
    ]);
  });

  it('may be none, denied, make no sense, or not have been captured', () => {
    expect(readPacketSockets(host((tree) => tree.directory('/proc/net')))).toBeNull();
    expect(readPacketSockets(host((tree) => tree.deny('/proc/net/packet')))).toEqual(DENIED);
    expect(readPacketSockets(host((tree) => tree.text('/proc/net/packet', 'sk\nwhat\n')))).toEqual(BROKEN);
  });
});

describe('the ports of functions', () => {
  const AT = '/sys/devices/pci0000:00/0000:00:03.0';
  const read = (put: (tree: HostTree) => void) =>
    readFunctionPorts(
      host((tree) => {
        tree.linkTo('/sys/bus/pci/devices/0000:00:03.0', AT);
        tree.attribute(`${AT}/class`, '0x020700');
        tree.directory('/sys/module');
        put(tree);
      }),
      () => true,
    );

  it('are those of its RDMA devices', () => {
    const use = read((tree) => {
      tree.attribute(`${AT}/infiniband/mlx5_0/ports/1/link_layer`, 'InfiniBand');
      tree.attribute(`${AT}/infiniband/mlx5_0/ports/2/link_layer`, 'Ethernet');
      tree.directory('/sys/module/ib_ipoib');
    });
    expect(use).toEqual({
      ports: [
        {
          function: '0000:00:03.0',
          ports: [
            { name: 'mlx5_0 port 1', linkLayer: 'infiniband' },
            { name: 'mlx5_0 port 2', linkLayer: 'ethernet' },
          ],
        },
      ],
      hasIpoib: true,
      rdmaUsers: [],
    });
  });

  it('are those that its driver names', () => {
    const use = read((tree) => {
      tree.attribute(`${AT}/mlx4_port1`, 'ib');
      tree.deny(`${AT}/mlx4_port2`);
      tree.attribute(`${AT}/infiniband/mlx4_0/ports/1/link_layer`, 'InfiniBand');
    });
    expect(use).toEqual({
      ports: [
        {
          function: '0000:00:03.0',
          ports: [
            { name: 'mlx4_port1', linkLayer: 'infiniband' },
            { name: 'mlx4_port2', linkLayer: DENIED },
          ],
        },
      ],
      hasIpoib: false,
      rdmaUsers: [],
    });
  });

  it('may be denied', () => {
    const denied = [{ function: '0000:00:03.0', ports: DENIED }];
    for (const path of [AT, `${AT}/infiniband`, `${AT}/infiniband/mlx5_0/ports`]) {
      expect(read((tree) => tree.deny(path)).ports).toEqual(denied);
    }
    expect(read(() => {}).ports).toEqual([]);
    expect(read((tree) => tree.deny('/sys/module')).hasIpoib).toEqual(UNREAD);
  });
});
