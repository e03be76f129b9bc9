import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot-host.ts';
import { readInterfaces } from '../../../lib/sysfs/host-use/interfaces.ts';
import { formatIpv6, ipv4OfRoute, prefixLengthOf } from '../../../lib/sysfs/host-use/ip-text.ts';
import { readIpv4, readIpv6 } from '../../../lib/sysfs/host-use/ip-use.ts';
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
    expect(interfaces).toEqual([
      { name: 'br0', function: null, kind: 'bridge', isUp: false, state: 'up', uppers: [], portName: null },
      {
        name: 'eth0',
        function: '0000:00:03.0',
        kind: 'other',
        isUp: true,
        state: 'up',
        uppers: ['br0', 'eth0.5'],
        portName: null,
      },
      { name: 'eth0.5', function: null, kind: 'vlan', isUp: true, state: 'up', uppers: [], portName: null },
    ]);
  });

  it.each([
    ['bridge', 'bridge'],
    ['bond', 'bond'],
    ['macvlan', 'macvlan'],
    ['macvtap', 'macvlan'],
    ['team', 'team'],
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
