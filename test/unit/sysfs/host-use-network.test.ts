import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readInterfaces } from '../../../lib/sysfs/host-use/network/interfaces.ts';
import { formatIpv6, ipv4OfRoute, prefixLengthOf } from '../../../lib/sysfs/host-use/network/ip-text.ts';
import { readIpv4, readIpv6 } from '../../../lib/sysfs/host-use/network/ip-use.ts';
import { HostTree } from '../../support/host-tree.ts';

function host(put: (tree: HostTree) => void): SnapshotHost {
  const tree = new HostTree();
  tree.directory('/sys');
  put(tree);
  return new SnapshotHost(tree.snapshot('network'));
}

const NIC = '/sys/devices/pci0000:00/0000:00:03.0/net/eth0';
const VIRTUAL = '/sys/devices/virtual/net';

describe('interfaces', () => {
  function put(tree: HostTree, path: string, flags = '0x1003'): void {
    tree.attribute(`${path}/flags`, flags);
    tree.attribute(`${path}/operstate`, 'up');
    tree.linkTo(`/sys/class/net/${path.slice(path.lastIndexOf('/') + 1)}`, path);
  }

  it('are read with what is above them', () => {
    const interfaces = readInterfaces(
      host((tree) => {
        put(tree, NIC);
        tree.attribute(`${NIC}/ifindex`, '2');
        tree.attribute(`${NIC}/dev_port`, '1');
        tree.attribute(`${NIC}/type`, '1');
        put(tree, `${VIRTUAL}/br0`, '0x1002');
        put(tree, `${VIRTUAL}/eth0.5`);
        tree.linkTo(`${NIC}/master`, `${VIRTUAL}/br0`);
        tree.linkTo(`${NIC}/upper_br0`, `${VIRTUAL}/br0`);
        tree.linkTo(`${NIC}/upper_eth0.5`, `${VIRTUAL}/eth0.5`);
        tree.attribute(`${VIRTUAL}/br0/bridge/bridge_id`, '8000.0');
        tree.text(`${VIRTUAL}/eth0.5/uevent`, 'DEVTYPE=vlan\nINTERFACE=eth0.5\nIFINDEX=5\n');
        tree.attribute('/sys/class/net/bonding_masters', 'bond0');
      }),
    );
    expect(interfaces).toMatchObject([
      { name: 'br0', function: null, kind: 'bridge', isUp: false, state: 'up', uppers: [], master: null },
      {
        name: 'eth0',
        function: '0000:00:03.0',
        index: 2,
        kind: 'other',
        linkLayer: 'ethernet',
        port: 1,
        isUp: true,
        state: 'up',
        uppers: ['br0', 'eth0.5'],
        master: 'br0',
        users: [],
        portName: null,
      },
      { name: 'eth0.5', function: null, kind: 'vlan', isUp: true, state: 'up', uppers: [], master: null },
    ]);
  });

  it('are below the tunnels that are bound to them, and not below the end of a cable', () => {
    const interfaces = readInterfaces(
      host((tree) => {
        put(tree, NIC);
        tree.attribute(`${NIC}/ifindex`, '3');
        tree.attribute(`${NIC}/iflink`, '3');
        for (const [name, type] of [
          ['gre1', '778'],
          ['veth9', '1'],
        ] as const) {
          put(tree, `${VIRTUAL}/${name}`);
          tree.attribute(`${VIRTUAL}/${name}/type`, type);
          tree.attribute(`${VIRTUAL}/${name}/ifindex`, '9');
          tree.attribute(`${VIRTUAL}/${name}/iflink`, '3');
        }
      }),
    );
    expect(interfaces).toMatchObject([{ name: 'eth0', uppers: ['gre1'] }, { uppers: [] }, { uppers: [] }]);
  });

  it('are in use by sessions, sockets and programs', () => {
    const users = (change: (tree: HostTree) => void) =>
      readInterfaces(
        host((tree) => {
          put(tree, NIC);
          tree.attribute(`${NIC}/type`, '280');
          change(tree);
        }),
        [
          {
            name: 'eth0',
            index: 3,
            kind: undefined,
            madeOf: null,
            madeOfElsewhere: null,
            parent: null,
            programs: [12],
          },
        ],
      );
    const SESSIONS = 'Id       Address              Device\n00000B00 00:11:22:33:44:55     eth0\n';
    const RECEIVERS = `receive list 'rx_all':\n  (any: no entry)\n  device   can_id   can_mask  function  userdata   matches  ident
   eth0     000    00000000  f88e6370  f88e6370         0  raw\n   any     000    00000000  f88e6370  f88e6370         0  raw\n`;
    expect(
      users((tree) => {
        tree.text('/proc/net/pppoe', SESSIONS);
        tree.text('/proc/net/can/rcvlist_all', RECEIVERS);
      }),
    ).toMatchObject([{ users: ['PPPoE session 00000B00', '1 filters of CAN sockets', 'XDP program 12'] }]);
    expect(users((tree) => tree.directory('/proc/net'))).toMatchObject([{ users: ['XDP program 12'] }]);
    expect(users((tree) => tree.deny('/proc/net/pppoe'))).toMatchObject([{ users: DENIED }]);
    expect(users((tree) => tree.fail('/proc/net/can/rcvlist_eff', 'EIO'))).toMatchObject([{ users: BROKEN }]);
  });

  it.each([
    ['bridge', 'bridge'],
    ['bond', 'bond'],
    ['macvlan', 'macvlan'],
    ['macvtap', 'macvlan'],
    ['team', 'team'],
    ['ipvlan', 'ipvlan'],
    ['macsec', 'macsec'],
    ['vxlan', 'vxlan'],
    ['vrf', 'vrf'],
    ['wlan', 'other'],
  ])('are known by their type: %s', (type, kind) => {
    const interfaces = readInterfaces(
      host((tree) => {
        put(tree, `${VIRTUAL}/x0`);
        tree.text(`${VIRTUAL}/x0/uevent`, `DEVTYPE=${type}\n`);
      }),
    );
    expect(interfaces).toMatchObject([{ kind }]);
  });

  it('may keep something to themselves, or not be known', () => {
    const interfaces = readInterfaces(
      host((tree) => {
        put(tree, NIC, 'up');
        tree.deny(`${NIC}/operstate`);
        tree.deny(`${NIC}/master`);
      }),
    );
    expect(interfaces).toMatchObject([{ isUp: BROKEN, state: DENIED, uppers: DENIED }]);
    expect(readInterfaces(host(() => {}))).toEqual(UNREAD);
    expect(readInterfaces(host((tree) => tree.deny('/sys/class/net')))).toEqual(DENIED);
  });
});

describe('IPv4', () => {
  const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT      \n';
  const row = (name: string, network: string, gateway: string, flags: string, mask: string): string =>
    `${name}\t${network}\t${gateway}\t${flags}\t0\t0\t0\t${mask}\t0\t0\t0   \n`;
  const ROUTES =
    HEAD +
    row('eth0', '00000000', '0100000A', '0003', '00000000') +
    row('eth0', '0000000A', '00000000', '0001', '00FFFFFF') +
    row('br1', '0000000A', '00000000', '0001', '000000FF') +
    row('*', '0000A8C0', '00000000', '0201', '0000FFFF');
  const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.0.0/24 2 0 2
        |-- 10.0.0.0
           /24 link UNICAST
        |-- 10.0.0.5
           /32 host LOCAL
        |-- 10.0.0.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 172.16.0.9
        /32 host LOCAL
`;
  const read = (routes: string | null, trie: string | null, isProcThere = true) =>
    readIpv4(
      host((tree) => {
        if (routes !== null) tree.text('/proc/net/route', routes);
        if (trie !== null) tree.text('/proc/net/fib_trie', trie);
      }),
      isProcThere,
    );

  it('is read as the kernel writes it, an address by its nearest network', () => {
    expect(read(ROUTES, TRIE)).toEqual({
      addresses: [
        { address: '10.0.0.5', prefixLength: 24, interfaces: ['eth0'] },
        { address: '172.16.0.9', prefixLength: null, interfaces: [] },
      ],
      routes: [
        { interface: 'eth0', destination: '0.0.0.0/0', gateway: '10.0.0.1', isOwnNetwork: false },
        { interface: 'eth0', destination: '10.0.0.0/24', gateway: null, isOwnNetwork: true },
        { interface: 'br1', destination: '10.0.0.0/8', gateway: null, isOwnNetwork: false },
      ],
    });
  });

  it('may be that of several interfaces', () => {
    const twice =
      HEAD + ['eth0', 'eth1'].map((name) => row(name, '0000000A', '00000000', '0001', '00FFFFFF')).join('');
    expect(read(twice, TRIE).addresses).toMatchObject([{ interfaces: ['eth0', 'eth1'] }, { interfaces: [] }]);
  });

  const local = (...leaves: readonly (readonly [string, string])[]): string =>
    `Local:\n${leaves.map(([address, entry]) => `   |-- ${address}\n      ${entry}\n`).join('')}`;
  const LOCAL = '/32 host LOCAL';
  const BROADCAST = '/32 link BROADCAST';
  const EIGHT = HEAD + row('eth0', '0000000A', '00000000', '0001', '000000FF');

  it('does not place an address by a route if its broadcast address is that of a longer network', () => {
    const trie = local(
      ['10.0.0.5', LOCAL],
      ['10.255.255.255', BROADCAST],
      ['10.1.0.205', LOCAL],
      ['10.1.0.255', BROADCAST],
    );
    expect(read(EIGHT, trie).addresses).toEqual([
      { address: '10.0.0.5', prefixLength: 8, interfaces: ['eth0'] },
      { address: '10.1.0.205', prefixLength: null, interfaces: [] },
    ]);
    // Whose last bits are ones has the same broadcast address in shorter and in longer networks.
    const ones = local(['10.127.255.254', LOCAL], ['10.127.255.255', BROADCAST]);
    const nine = HEAD + row('eth0', '0000000A', '00000000', '0001', '000080FF');
    expect(read(nine, ones).addresses).toMatchObject([{ prefixLength: 9, interfaces: ['eth0'] }]);
  });

  it('does not place an address by a route if another table has its network', () => {
    const other = `Id 100:\n   |-- 10.1.0.0\n      /24 link UNICAST\n   |-- 0.0.0.0\n      /0 universe UNICAST\n`;
    expect(read(EIGHT, other + local(['10.1.0.5', LOCAL]))).toEqual({
      addresses: [{ address: '10.1.0.5', prefixLength: null, interfaces: [] }],
      routes: [{ interface: 'eth0', destination: '10.0.0.0/8', gateway: null, isOwnNetwork: false }],
      unplacedRoutes: ['10.1.0.0/24 (table 100)', '0.0.0.0/0 (table 100)'],
    });
  });

  it('only guesses where several addresses of one network are', () => {
    const trie = local(['10.0.0.5', LOCAL], ['10.0.0.9', LOCAL], ['10.255.255.255', BROADCAST]);
    expect(read(EIGHT, trie).addresses).toEqual([
      { address: '10.0.0.5', prefixLength: 8, interfaces: ['eth0'], isGuess: true },
      { address: '10.0.0.9', prefixLength: 8, interfaces: ['eth0'], isGuess: true },
    ]);
  });

  it('is read of a large router in a time that grows with the tables alone', () => {
    const count = 20_000;
    const digits = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
    const routes = Array.from({ length: count }, (_, index) =>
      row('eth0', `00${digits(index & 0xff)}${digits(index >> 8)}0B`, '00000000', '0001', '00FFFFFF'),
    );
    const addresses = Array.from(
      { length: count },
      (_, index) => [`11.${index >> 8}.${index & 0xff}.7`, LOCAL] as const,
    );
    const start = performance.now();
    const use = read(HEAD + routes.join(''), local(...addresses));
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(use.addresses).toHaveLength(count);
    expect(use.routes).toHaveLength(count);
  });

  it('may make no sense, not be there, or not have been captured', () => {
    expect(read(`${HEAD}eth0\twhat\n`, TRIE)).toEqual({ addresses: BROKEN, routes: BROKEN });
    expect(read(null, null)).toEqual({ addresses: null, routes: null });
    expect(read(null, null, false)).toEqual({ addresses: UNREAD, routes: UNREAD });
    expect(read(ROUTES, 'what\n').addresses).toEqual([]);
    const denied = host((tree) => {
      tree.deny('/proc/net/route');
      tree.deny('/proc/net/fib_trie');
    });
    expect(readIpv4(denied, true)).toEqual({ addresses: DENIED, routes: DENIED });
  });
});

describe('IPv6', () => {
  const read = (addresses: string, routes: string) =>
    readIpv6(
      host((tree) => {
        tree.text('/proc/net/if_inet6', addresses);
        tree.text('/proc/net/ipv6_route', routes);
      }),
      true,
    );
  const ZERO = '0'.repeat(32);
  const row = (to: string, length: string, gateway: string, flags: string, name: string): string =>
    `${to} ${length} ${ZERO} 00 ${gateway} 00000400 00000003 00000000 ${flags} ${name.padStart(8)}\n`;

  it('is read as the kernel writes it', () => {
    const addresses =
      '20010db8000000000000000000000005 02 40 00 80     eth0\n' +
      '00000000000000000000000000000001 01 80 10 80       lo\n';
    const network = '20010db8000000000000000000000000';
    const routes =
      row(ZERO, '00', 'fe800000000000000000000000000001', '00000003', 'eth0') +
      row(network, '40', ZERO, '00000001', 'eth0') +
      row(network, '40', ZERO, '00000001', 'eth1') +
      row('fe800000000000000000000000000000', '40', ZERO, '00000001', 'eth0') +
      row('ff000000000000000000000000000000', '08', ZERO, '00000001', 'eth0') +
      row('20010db8000000000000000000000005', '80', ZERO, '80200001', 'eth0') +
      row(ZERO, '00', ZERO, '00200200', 'lo');
    expect(read(addresses, routes)).toEqual({
      addresses: [{ address: '2001:db8::5', prefixLength: 64, interfaces: ['eth0'] }],
      routes: [
        { interface: 'eth0', destination: '::/0', gateway: 'fe80::1', isOwnNetwork: false },
        { interface: 'eth0', destination: '2001:db8::/64', gateway: null, isOwnNetwork: true },
        { interface: 'eth1', destination: '2001:db8::/64', gateway: null, isOwnNetwork: false },
      ],
    });
  });

  it('may make no sense, or be switched off', () => {
    expect(read('what\n', 'else\n')).toEqual({ addresses: BROKEN, routes: BROKEN });
    expect(
      readIpv6(
        host(() => {}),
        true,
      ),
    ).toEqual({ addresses: null, routes: null });
    expect(
      readIpv6(
        host(() => {}),
        false,
      ),
    ).toEqual({ addresses: UNREAD, routes: UNREAD });
  });

  it('takes what it is given without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, two) => {
        read(one, two);
      }),
    );
  });
});

describe('an address', () => {
  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000000', '2001:db8::'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['fe80000000000000005056fffe000001', 'fe80::50:56ff:fe00:1'],
  ])('%s is %s', (digits, text) => {
    expect(formatIpv6(digits)).toBe(text);
  });

  it('of a route has its bytes the other way round', () => {
    expect(ipv4OfRoute('0500000A')).toBe('10.0.0.5');
    expect([prefixLengthOf('00FFFFFF'), prefixLengthOf('00000000'), prefixLengthOf('FFFFFFFF')]).toEqual([
      24, 0, 32,
    ]);
  });
});
