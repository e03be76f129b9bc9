import { describe, expect, it } from 'vitest';
import { freeAfterOneFailure, stoppedBy } from '../support/failed-reads.ts';
import type { FunctionSpec } from '../support/host-spec.ts';
import type { HostTree } from '../support/host-tree.ts';
import { functionHere, HERE } from '../support/host-use.ts';
import { idleHost, putProcess } from '../support/idle-host.ts';

const AT = `/sys/devices/pci0000:00/${HERE}`;
const NIC = `${AT}/net/eth1`;
const OWN = 'net:[4026531840]';
const OTHER = 'net:[4026532501]';
const UP: Readonly<Record<string, string>> = {
  'net/eth1/flags': '0x1003',
  'net/eth1/operstate': 'up',
  'net/eth1/uevent': 'INTERFACE=eth1',
  'net/eth1/ifindex': '3',
  'net/eth1/iflink': '3',
  'net/eth1/type': '1',
};
const CARD: Partial<FunctionSpec> = { driver: 'igb', below: UP };
const ROUTES = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';

/** A card that a host uses in one way, and the rule that finds it. */
interface Use {
  /** Or several, with blanks between. */
  readonly rule: string;
  readonly way: string;
  readonly spec?: Partial<FunctionSpec>;
  readonly put: (tree: HostTree) => void;
}

function putVirtual(tree: HostTree, name: string, facts: Readonly<Record<string, string>>): void {
  const at = `/sys/devices/virtual/net/${name}`;
  for (const [file, text] of Object.entries({ flags: '0x1003', uevent: '', ...facts }))
    tree.attribute(`${at}/${file}`, text);
  tree.linkTo(`/sys/class/net/${name}`, at);
}

function putNamespaces(tree: HostTree): void {
  for (const pid of [1, 'self']) tree.link(`/proc/${pid}/ns/net`, OWN);
  putProcess(tree, 913, 'nginx');
  tree.link('/proc/913/ns/net', OTHER);
  tree.text('/proc/913/net/dev', 'Inter-|\n face |\n    lo: 0\n  eth0: 0\n');
}

const LINK_LOCAL = 'fe80000000000000505400fffe000001 03 40 20 80     eth1\n';
// As the kernel writes them: words in the byte order of the machine.
const SOCKETS =
  '  sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n';
const REST = '00000000:00000000 00:00000000 00000000     0        0';
const connection = (port: string, inode: number) =>
  `   1: 000080FE00000000FF005450010000FE:${port} 000080FE00000000FF005450090000FE:C3CA 01 ${REST} ${inode} 1\n`;
const listener = (port: string) =>
  `   0: ${'0'.repeat(32)}:${port} ${'0'.repeat(32)}:0000 0A ${REST} 900 1\n`;
const MOSH = `  99: 00000000:EA61 00000000:0000 07 ${REST} 779 2 0000000000000000 0\n`;

const USES: readonly Use[] = [
  {
    rule: 'net-address',
    way: 'an address',
    put: (tree) => {
      tree.text('/proc/net/route', `${ROUTES}eth1\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`);
      tree.text('/proc/net/fib_trie', 'Local:\n  |-- 10.0.0.5\n     /32 host LOCAL\n');
    },
  },
  {
    rule: 'net-address',
    way: 'an address that no route places',
    put: (tree) => tree.text('/proc/net/fib_trie', 'Local:\n  |-- 10.0.0.5\n     /32 host LOCAL\n'),
  },
  {
    rule: 'net-address',
    way: 'an address of IPv6',
    put: (tree) => tree.text('/proc/net/if_inet6', '20010db8000000000000000000000005 03 40 00 80     eth1\n'),
  },
  {
    rule: 'net-default-route',
    way: 'the default route',
    put: (tree) =>
      tree.text('/proc/net/route', `${ROUTES}eth1\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`),
  },
  {
    rule: 'net-route',
    way: 'a route in another table',
    put: (tree) => tree.text('/proc/net/fib_trie', 'Id 100:\n  |-- 10.1.0.0\n     /24 link UNICAST\n'),
  },
  {
    rule: 'net-stack',
    way: 'a bridge',
    put: (tree) => {
      putVirtual(tree, 'br0', { 'bridge/bridge_id': '8000' });
      tree.linkTo(`${NIC}/master`, '/sys/devices/virtual/net/br0');
    },
  },
  {
    rule: 'net-stack',
    way: 'a VLAN',
    put: (tree) => {
      putVirtual(tree, 'eth1.5', { uevent: 'DEVTYPE=vlan' });
      tree.linkTo(`${NIC}/upper_eth1.5`, '/sys/devices/virtual/net/eth1.5');
    },
  },
  {
    rule: 'net-stack',
    way: 'a tunnel that is bound to it',
    put: (tree) => putVirtual(tree, 'gre1', { type: '778', ifindex: '9', iflink: '3' }),
  },
  {
    rule: 'net-stack',
    way: 'a VXLAN that is linked by its number only',
    put: (tree) => putVirtual(tree, 'vxlan0', { uevent: 'DEVTYPE=vxlan', ifindex: '9', iflink: '3' }),
  },
  {
    rule: 'net-stack',
    way: 'what may be a tunnel that looks like Ethernet',
    put: (tree) => {
      putVirtual(tree, 'tap7', { type: '1', ifindex: '9', iflink: '3' });
      tree.directory('/sys/module/ip_gre');
    },
  },
  {
    rule: 'net-stack',
    way: 'a macvlan in another namespace',
    put: (tree) => {
      putNamespaces(tree);
      const at = '/proc/913/root/sys/class/net/eth0';
      tree.attribute(`${at}/uevent`, 'DEVTYPE=macvlan');
      tree.attribute(`${at}/ifindex`, '4');
      tree.attribute(`${at}/iflink`, '3');
    },
  },
  { rule: 'net-stack', way: 'a namespace that cannot be looked into', put: putNamespaces },
  {
    rule: 'net-stack',
    way: 'a namespace that nobody is in',
    put: (tree) => {
      for (const pid of [1, 'self']) tree.link(`/proc/${pid}/ns/net`, OWN);
      tree.text(
        '/proc/self/mountinfo',
        `22 1 0:21 / /proc rw - proc proc rw\n99 25 0:4 ${OTHER} /run/netns/blue rw - nsfs nsfs rw\n`,
      );
    },
  },
  {
    rule: 'net-user',
    way: 'a PPPoE session',
    put: (tree) =>
      tree.text(
        '/proc/net/pppoe',
        'Id       Address              Device\n00000B00 00:11:22:33:44:55     eth1\n',
      ),
  },
  {
    rule: 'net-user',
    way: 'a socket of the CAN bus',
    spec: { ...CARD, below: { ...UP, 'net/eth1/type': '280', 'net/eth1/flags': '0x1002' } },
    put: (tree) =>
      tree.text('/proc/net/can/rcvlist_all', '  eth1     000    00000000  0  0         0  raw\n'),
  },
  {
    rule: 'net-user',
    way: 'a CAN bus that is switched on',
    spec: { ...CARD, below: { ...UP, 'net/eth1/type': '280' } },
    put: () => {},
  },
  {
    rule: 'net-user',
    way: 'the ports of a switch',
    spec: { ...CARD, below: { ...UP, 'net/eth1/dsa/tagging': 'edsa' } },
    put: () => {},
  },
  {
    rule: 'net-user',
    way: 'sockets of AF_XDP somewhere',
    put: (tree) =>
      tree.text('/proc/net/protocols', 'protocol  size sockets\nXDP        960      2      -1   NI\n'),
  },
  {
    rule: 'net-user',
    way: 'a connection by its link-local address',
    put: (tree) => {
      tree.text('/proc/net/if_inet6', LINK_LOCAL);
      tree.text('/proc/net/tcp6', `${SOCKETS}${connection('0438', 777)}`);
      putProcess(tree, 700, 'backup', 'socket:[777]');
    },
  },
  {
    rule: 'net-user',
    way: 'NFS over its RDMA',
    spec: { ...CARD, below: { ...UP, 'infiniband/mlx5_0/ports/1/link_layer': 'Ethernet' } },
    put: (tree) => tree.attribute('/sys/module/rpcrdma/refcnt', '1'),
  },
  {
    rule: 'exported',
    way: 'a target of SRP',
    spec: { ...CARD, below: { ...UP, 'infiniband/mlx5_0/node_guid': 'e41d:2d03:00f2:9000' } },
    put: (tree) => {
      tree.linkTo('/sys/class/infiniband/mlx5_0', `${AT}/infiniband/mlx5_0`);
      tree.directory('/sys/kernel/config/target/core');
      const port = '/sys/kernel/config/target/srpt/0xfe80000000000000e41d2d0300f29000';
      tree.attribute(`${port}/tpgt_1/enable`, '1');
    },
  },
  {
    rule: 'exported',
    way: 'a target of Fibre Channel',
    spec: {
      driver: 'qla2xxx',
      classCode: '0c0400',
      below: { 'host7/fc_host/host7/port_name': '0x21000024ff314c48' },
    },
    put: (tree) => {
      tree.linkTo('/sys/class/fc_host/host7', `${AT}/host7/fc_host/host7`);
      tree.directory('/sys/kernel/config/nvmet/subsystems');
      const port = '/sys/kernel/config/nvmet/ports/1';
      tree.attribute(`${port}/addr_trtype`, 'fc');
      tree.attribute(`${port}/addr_traddr`, 'nn-0x20000024ff314c48:pn-0x21000024ff314c48');
      tree.directory(`${port}/subsystems/nqn`);
    },
  },
  {
    rule: 'net-storage',
    way: 'a disk of ATA over Ethernet',
    put: (tree) => {
      const at = '/sys/devices/virtual/block/etherd!e1.0';
      tree.attribute(`${at}/dev`, '152:16');
      tree.attribute(`${at}/netif`, 'eth1');
      tree.directory(`${at}/holders`);
      tree.linkTo('/sys/class/block/etherd!e1.0', at);
      tree.text('/run/udev/data/b152:16', 'S:x\n');
    },
  },
  {
    rule: 'net-storage',
    way: 'a mount by a link-local address',
    put: (tree) =>
      tree.text(
        '/proc/self/mountinfo',
        '29 1 0:77 / / rw - tmpfs rootfs rw\n40 29 0:60 / /srv rw - nfs4 [fe80::9%eth1]:/srv rw,addr=fe80::9%eth1\n',
      ),
  },
  {
    rule: 'net-elsewhere',
    way: 'no interface',
    spec: { driver: 'igb' },
    put: () => {},
  },
  {
    rule: 'net-elsewhere',
    way: 'an interface for one of two ports',
    spec: { driver: 'mlx4_core', below: { ...UP, mlx4_port1: 'eth', mlx4_port2: 'eth' } },
    put: () => {},
  },
  {
    rule: 'net-elsewhere',
    way: 'no interface for its InfiniBand',
    spec: {
      driver: 'mlx5_core',
      classCode: '020700',
      below: { 'infiniband/mlx5_0/ports/1/link_layer': 'InfiniBand' },
    },
    put: (tree) => tree.directory('/sys/module/ib_ipoib'),
  },
  {
    rule: 'session',
    way: 'the login session',
    put: (tree) => {
      tree.text('/proc/net/if_inet6', 'fe80000000000000505400fffe000001 03 40 20 80     eth1\n');
      tree.text('/proc/self/environ', 'SSH_CONNECTION=fe80::2%3 50122 fe80::5054:ff:fe00:1%3 22\0');
    },
  },
  {
    rule: 'session net-user',
    way: 'the login session of somebody else',
    put: (tree) => {
      tree.text('/proc/net/if_inet6', LINK_LOCAL);
      tree.text('/proc/net/tcp6', `${SOCKETS}${listener('0016')}${connection('0016', 778)}`);
      putProcess(tree, 701, 'sshd-session', 'socket:[778]');
    },
  },
  {
    rule: 'session net-user',
    way: 'a session of Mosh',
    put: (tree) => {
      tree.text('/proc/net/if_inet6', LINK_LOCAL);
      tree.text('/proc/net/udp', `${SOCKETS}${MOSH}`);
      putProcess(tree, 702, 'mosh-server', 'socket:[779]');
      tree.text('/proc/702/environ', 'SSH_CONNECTION=fe80::2%3 50122 fe80::5054:ff:fe00:1%3 22\0');
    },
  },
];

describe('a network card that the host uses', () => {
  it('is free if it is switched on and no more', () => {
    expect(stoppedBy(idleHost([functionHere(CARD)]), HERE)).toEqual([]);
  });

  it.each(USES)('does not become free by one read that fails: $way', ({ rule, spec = CARD, put }) => {
    const host = idleHost([functionHere(spec)], put);
    const names = stoppedBy(host, HERE).map(({ name }) => name);
    expect([...new Set(names)]).toEqual(rule.split(' '));
    expect(freeAfterOneFailure(host, HERE)).toEqual([]);
  });
});
