import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import type { HostUse, LiveUse } from '../../../lib/facts/host-use.ts';
import type {
  ElsewhereInterface,
  FunctionPort,
  IpAddress,
  IpRoute,
  NetInterface,
} from '../../../lib/facts/network-use.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { findingsOf, functionHere, HERE, linesOf, link, type State } from '../../support/host-use.ts';
import { networkInterface } from '../../support/things.ts';

const NIC = functionHere({ driver: 'igb', below: networkInterface('enp3s0f1', '52:54:00:00:00:01') });
const OWN = link('enp3s0f1', { function: HERE });
const BELOW_BRIDGE = link('enp3s0f1', { function: HERE, uppers: ['br0'] });
const BRIDGE = link('br0', { kind: 'bridge', uppers: ['br0.5'] });
const VLAN = link('br0.5', { kind: 'vlan' });
const LOOPBACK = link('lo');

const address = (text: string, name: string | null, prefixLength: number | null = 24): IpAddress => ({
  address: text,
  prefixLength,
  interfaces: name === null ? [] : [name],
});
const route = (destination: string, name: string, gateway: string | null, isOwnNetwork = false): IpRoute => ({
  interface: name,
  destination,
  gateway,
  isOwnNetwork,
});
const ipv4 = (addresses: HostUse['ipv4']['addresses'], routes: HostUse['ipv4']['routes'] = []) => ({
  interfaces: [OWN, LOOPBACK],
  ipv4: { addresses, routes },
});
const lines = (use: Partial<HostUse>, more: Omit<State, 'use'> = {}) =>
  linesOf({ functions: [NIC], use, ...more });

describe('a network card', () => {
  it('that carries nothing is not in the way', () => {
    const use = ipv4([address('10.0.0.5', 'eth7')], [route('0.0.0.0/0', 'eth7', '10.0.0.1')]);
    expect(lines(use, { live: { sessionAddress: '10.0.0.5' } })).toEqual([]);
  });

  it('that carries an address is found', () => {
    const found = findingsOf({
      functions: [NIC],
      use: {
        ...ipv4([address('10.0.0.5', 'enp3s0f1')], [route('10.0.0.0/24', 'enp3s0f1', null, true)]),
        ipv6: {
          addresses: [address('2001:db8::5', 'enp3s0f1', 64), address('fe80::1', 'enp3s0f1', 64)],
          routes: [],
        },
      },
    });
    expect(found).toMatchObject([
      {
        name: 'net-address',
        severity: 'refuses',
        message: 'carries 10.0.0.5/24 (enp3s0f1), 2001:db8::5/64 (enp3s0f1)',
      },
    ]);
  });

  it('has an address of its link without being in use', () => {
    const use = { interfaces: [OWN], ipv6: { addresses: [address('fe80::1', 'enp3s0f1', 64)], routes: [] } };
    expect(lines(use)).toEqual([]);
  });

  it('carries what is above it', () => {
    const use = {
      interfaces: [BELOW_BRIDGE, BRIDGE, VLAN],
      ipv4: { addresses: [address('10.0.5.1', 'br0.5')], routes: [] },
    };
    expect(lines(use)).toEqual([
      'net-address refuses 00:03.0 carries 10.0.5.1/24 (br0.5 on top of br0 on top of enp3s0f1)',
      'net-stack refuses 00:03.0 is below bridge br0, VLAN br0.5',
    ]);
  });

  it('whose bridges hold one another ends somewhere', () => {
    const interfaces = [BELOW_BRIDGE, link('br0', { kind: 'bridge', uppers: ['enp3s0f1', 'br0', 'gone'] })];
    expect(lines({ interfaces })).toEqual(['net-stack refuses 00:03.0 is below bridge br0']);
  });

  it.each([
    [
      '0.0.0.0/0',
      '10.0.0.1',
      'net-default-route refuses 00:03.0 carries the default route to 10.0.0.1 (enp3s0f1)',
    ],
    [
      '0.0.0.0/0',
      null,
      'net-default-route refuses 00:03.0 carries the default route to the link itself (enp3s0f1)',
    ],
    ['192.168.7.0/24', '10.0.0.1', 'net-route refuses 00:03.0 carries routes to 192.168.7.0/24'],
    ['10.9.9.9/32', null, 'net-route refuses 00:03.0 carries routes to 10.9.9.9/32'],
  ])('that a route leads through is found: %s by %s', (destination, gateway, line) => {
    expect(lines(ipv4([], [route(destination, 'enp3s0f1', gateway)]))).toEqual([line]);
    expect(lines(ipv4([], [route(destination, 'lo', gateway)]))).toEqual([]);
  });

  it('that the default route of IPv6 leads through is found', () => {
    const ipv6 = { addresses: [], routes: [route('::/0', 'enp3s0f1', 'fe80::1')] };
    expect(lines({ interfaces: [OWN], ipv6 })[0]).toMatch(/^net-default-route refuses /);
  });

  it('that the login session comes through is found', () => {
    const use = ipv4([address('10.0.0.5', 'enp3s0f1')]);
    expect(lines(use, { live: { sessionAddress: '10.0.0.5' } })[0]).toBe(
      'session refuses 00:03.0 carries your session: you are connected to 10.0.0.5 (enp3s0f1)',
    );
    expect(lines(use, { live: { sessionAddress: '10.0.0.6' } })).toHaveLength(1);
  });

  it('with the default route is taken for that of a session whose address no route places', () => {
    const use = ipv4([address('10.128.0.9', null, null)], [route('0.0.0.0/0', 'enp3s0f1', '10.128.0.1')]);
    expect(lines(use, { live: { sessionAddress: '10.128.0.9' } })).toEqual([
      'session refuses 00:03.0 carries your session: you are connected to 10.128.0.9 (enp3s0f1)',
      'net-address unknown 00:03.0 cannot be checked: the interface of 10.128.0.9 is unknown',
      'net-default-route refuses 00:03.0 carries the default route to 10.128.0.1 (enp3s0f1)',
    ]);
  });

  it('that is switched off has no address that no route places', () => {
    const off = link('enp3s0f1', { function: HERE, isUp: false });
    expect(
      lines({ interfaces: [off], ipv4: { addresses: [address('10.1.1.1', null)], routes: [] } }),
    ).toEqual([]);
  });

  it('whose interface is nowhere to be seen is found', () => {
    const elsewhere = (facts: object) => linesOf({ functions: [functionHere(facts)] });
    expect(elsewhere({ driver: 'igb' })).toEqual([
      'net-elsewhere refuses 00:03.0 has no visible network interface, although it is on igb',
    ]);
    for (const facts of [
      {},
      { driver: 'vfio-pci' },
      { driver: 'uio_pci_generic' },
      { driver: 'x', classCode: '020700' },
    ]) {
      expect(elsewhere(facts)).toEqual([]);
    }
    expect(lines({})).toEqual([]);
  });
});

describe('a network card that may carry an address', () => {
  const unknownLines = (isUp: NetInterface['isUp'], addresses: readonly IpAddress[]) =>
    findingsOf({
      functions: [NIC],
      use: { interfaces: [link('enp3s0f1', { function: HERE, isUp })], ipv4: { addresses, routes: [] } },
    }).map(({ severity, message, evidence }) => [severity, message, evidence]);
  const MESSAGE = 'cannot be checked: the interface of 10.1.1.1 is unknown';

  it('is not cleared, also if it could not be read whether it is up', () => {
    const unplaced = [address('10.1.1.1', null, null)];
    expect(unknownLines(true, unplaced)).toEqual([['unknown', MESSAGE, ['enp3s0f1 is up']]]);
    for (const why of [DENIED, BROKEN, UNREAD]) {
      expect(unknownLines(why, unplaced)).toEqual([
        ['unknown', MESSAGE, ['whether enp3s0f1 is up is unknown']],
      ]);
    }
    expect(unknownLines(false, unplaced)).toEqual([]);
  });

  it('is not cleared by a place that only follows from the routes', () => {
    expect(unknownLines(true, [{ ...address('10.1.1.1', 'eth7'), isGuess: true }])).toEqual([
      ['unknown', MESSAGE.replace('10.1.1.1', '10.1.1.1/24'), ['enp3s0f1 is up']],
    ]);
    expect(unknownLines(true, [address('10.1.1.1', 'eth7')])).toEqual([]);
  });

  it('is not cleared of routes that no interface is known of', () => {
    const unplacedRoutes = ['10.1.0.0/24 (table 100)'];
    expect(lines({ interfaces: [OWN], ipv4: { addresses: [], routes: [], unplacedRoutes } })).toEqual([
      'net-route unknown 00:03.0 cannot be checked: the interface of the route to 10.1.0.0/24 (table 100) is unknown',
    ]);
    const off = link('enp3s0f1', { function: HERE, isUp: false });
    expect(lines({ interfaces: [off], ipv4: { addresses: [], routes: [], unplacedRoutes } })).toEqual([]);
  });
});

describe('a network card and other network namespaces', () => {
  const upper = (facts: Partial<ElsewhereInterface>): ElsewhereInterface => ({
    name: 'eth0',
    where: 'nginx (pid 913)',
    function: null,
    kind: 'macvlan',
    madeOf: 3,
    ...facts,
  });
  const found = (
    interfaces: readonly ElsewhereInterface[],
    index: NetInterface['index'] = 3,
    unseen: readonly string[] = [],
  ) =>
    lines(
      { interfaces: [link('enp3s0f1', { function: HERE, index })] },
      { live: { elsewhere: { interfaces, unseen, missed: null } } },
    );

  it('is below what is made of it there', () => {
    expect(found([upper({})])).toEqual([
      'net-stack refuses 00:03.0 is below macvlan eth0 in another network namespace, of nginx (pid 913)',
    ]);
    expect(found([upper({ madeOf: 4 }), upper({ madeOf: null })])).toEqual([]);
  });

  it('is below what is made of its bridge there', () => {
    const use = { interfaces: [BELOW_BRIDGE, { ...BRIDGE, index: 8 }, VLAN] };
    const live = { elsewhere: { interfaces: [upper({ madeOf: 8 })], unseen: [], missed: null } };
    expect(lines(use, { live })).toEqual([
      'net-stack refuses 00:03.0 is below bridge br0, VLAN br0.5',
      'net-stack refuses 00:03.0 is below macvlan eth0 in another network namespace, of nginx (pid 913)',
    ]);
  });

  it('is not cleared if that is in doubt', () => {
    const line =
      'net-stack unknown 00:03.0 cannot be checked: it may be below interface eth0 in another network namespace, of nginx (pid 913)';
    expect(found([upper({ kind: 'other' })])).toEqual([line]);
    expect(found([upper({})], DENIED)).toEqual([line.replace('interface eth0', 'macvlan eth0')]);
    expect(found([], 3, ['nginx (pid 913)'])).toEqual([
      'net-stack unknown 00:03.0 cannot be checked: the interfaces in the network namespace of nginx (pid 913) are unreadable',
    ]);
  });

  it('has an interface there', () => {
    expect(found([upper({ function: HERE, kind: 'other', madeOf: null })])).toEqual([
      'net-elsewhere refuses 00:03.0 has an interface in another network namespace: eth0, of nginx (pid 913)',
    ]);
  });
});

describe('a network card with ports', () => {
  const port = (name: string, linkLayer: FunctionPort['linkLayer']): FunctionPort => ({ name, linkLayer });
  const found = (
    ports: readonly FunctionPort[],
    own: readonly NetInterface[],
    hasIpoib: HostUse['network']['hasIpoib'] = false,
  ) =>
    lines({
      interfaces: own,
      network: { ports: [{ function: HERE as PciAddress, ports }], hasIpoib, rdmaUsers: [] },
    });
  const SECOND = link('enp3s0f1d1', { function: HERE, port: 1 });

  it('has an interface for each', () => {
    const ports = [port('mlx4_port1', 'ethernet'), port('mlx4_port2', 'ethernet')];
    const missing =
      'net-elsewhere unknown 00:03.0 cannot be checked: it has 2 ports with an Ethernet interface, and only 1 of the interfaces are visible here';
    expect(found(ports, [{ ...OWN, port: 0 }, SECOND])).toEqual([]);
    expect(found(ports, [{ ...OWN, port: 0 }])).toEqual([missing]);
    // That of a VF is no other port.
    expect(found(ports, [{ ...OWN, port: 0 }, link('rep0', { function: HERE, port: 0 })])).toEqual([missing]);
    expect(found([port('mlx4_port1', 'ethernet'), port('mlx4_port2', DENIED)], [OWN])).toEqual([missing]);
  });

  it('has one for InfiniBand if the kernel makes them', () => {
    const ports = [port('mlx5_0 port 1', 'infiniband')];
    const missing =
      'net-elsewhere unknown 00:03.0 cannot be checked: it has 1 ports with an IPoIB interface, and only 0 of the interfaces are visible here';
    expect(found(ports, [OWN], true)).toEqual([missing]);
    expect(found(ports, [OWN], false)).toEqual([]);
    expect(found(ports, [link('ib0', { function: HERE, linkLayer: 'infiniband' })], true)).toEqual([]);
    expect(found(ports, [OWN], DENIED)).toEqual([
      'net-elsewhere unknown 00:03.0 cannot be checked for interfaces of its ports: requires root',
    ]);
  });

  it('is not cleared if they cannot be read', () => {
    const rdma = functionHere({
      driver: 'mlx5_core',
      classCode: '020700',
      below: { 'infiniband/mlx5_0/x': '' },
    });
    const use = { network: { ports: BROKEN, hasIpoib: false, rdmaUsers: [] } };
    expect(linesOf({ functions: [rdma], use })).toEqual([
      'net-elsewhere unknown 00:03.0 cannot be checked for its ports: the data is unreadable or invalid',
    ]);
    expect(lines(use)).toEqual([]);
    const here = { ports: [{ function: HERE as PciAddress, ports: DENIED }], hasIpoib: false, rdmaUsers: [] };
    expect(lines({ interfaces: [OWN], network: here })).toEqual([
      'net-elsewhere unknown 00:03.0 cannot be checked for its ports: requires root',
    ]);
  });
});

describe('a network card that is used without an address', () => {
  it('is found by what uses it, or what is above it', () => {
    expect(lines({ interfaces: [{ ...OWN, users: ['PPPoE session 00000B00'] }] })).toEqual([
      'net-user refuses 00:03.0 is in use by PPPoE session 00000B00 (enp3s0f1)',
    ]);
    const above = [BELOW_BRIDGE, { ...BRIDGE, users: ['XDP program 12'] }, VLAN];
    expect(lines({ interfaces: above })[1]).toBe(
      'net-user refuses 00:03.0 is in use by XDP program 12 (br0 on top of enp3s0f1)',
    );
  });

  it('is a CAN bus that is switched on', () => {
    const can = link('can0', { function: HERE, linkLayer: 'can' });
    expect(lines({ interfaces: [can] })).toEqual(['net-user refuses 00:03.0 is in use by CAN bus (can0)']);
    expect(lines({ interfaces: [{ ...can, isUp: false }] })).toEqual([]);
  });

  it('is warned of if a program listens', () => {
    const found = (packetSockets: LiveUse['packetSockets']) =>
      lines({ interfaces: [{ ...OWN, index: 3 }] }, { live: { packetSockets } });
    expect(found([{ interfaceIndex: 3, owner: 'suricata (pid 902)' }])).toEqual([
      'net-listener warns 00:03.0 has packet sockets of suricata (pid 902) (enp3s0f1)',
    ]);
    expect(found([{ interfaceIndex: 3, owner: null }])).toEqual([
      'net-listener warns 00:03.0 has packet sockets of a program (enp3s0f1)',
    ]);
    expect(found([{ interfaceIndex: 4, owner: null }])).toEqual([]);
    expect(found(UNREAD)).toEqual([]);
    expect(found(DENIED)).toEqual([
      'net-listener unknown 00:03.0 cannot be checked for programs that capture on its interfaces: requires root',
    ]);
  });
});

describe('what to do about a network card', () => {
  const remedies = (use: Partial<HostUse>) =>
    findingsOf({ functions: [NIC], use }).map(({ name, remedy }) => `${name}: ${remedy}`);

  it('is a command with the names of its interfaces', () => {
    const bridged = { ...BELOW_BRIDGE, master: 'br0' };
    expect(
      remedies({
        interfaces: [bridged, BRIDGE],
        ipv4: { addresses: [address('10.0.0.5', 'br0')], routes: [route('10.9.0.0/16', 'br0', '10.0.0.1')] },
      }),
    ).toEqual([
      'net-address: move the address to another interface: ip address delete 10.0.0.5/24 dev br0; or accept the loss: --allow net-address',
      'net-route: move the route to another interface: ip route delete 10.9.0.0/16 via 10.0.0.1 dev br0; or accept the loss: --allow net-route',
      'net-stack: remove the interface from it: ip link set dev enp3s0f1 nomaster; or accept it: --allow net-stack',
    ]);
  });

  it.each([
    ['vlan', 'remove it: ip link delete dev up0'],
    ['macvlan', 'remove it: ip link delete dev up0'],
    ['openvswitch', 'remove the interface from its bridge: ovs-vsctl del-port enp3s0f1'],
  ] as const)('depends on what is above it: %s', (kind, remedy) => {
    const interfaces = [{ ...OWN, uppers: ['up0'] }, link('up0', { kind })];
    expect(remedies({ interfaces })).toEqual([`net-stack: ${remedy}; or accept it: --allow net-stack`]);
  });

  it('can be pasted into a shell, whatever an interface is called', () => {
    const odd = { ...OWN, uppers: ['a;b$c'] };
    const [remedy] = remedies({ interfaces: [odd, link('a;b$c', { kind: 'vlan' })] });
    expect(remedy).toContain("ip link delete dev 'a;b$c'");
  });

  it('says how a default route of IPv6 is taken away', () => {
    const ipv6 = { addresses: [], routes: [route('::/0', 'enp3s0f1', 'fe80::1')] };
    expect(remedies({ interfaces: [OWN], ipv6 })[0]).toContain(
      'ip -6 route delete ::/0 via fe80::1 dev enp3s0f1',
    );
  });

  it('shows as much evidence as anybody reads', () => {
    const routes = Array.from({ length: 300 }, (_, index) =>
      route(`10.${index % 250}.${index}.0/24`, 'enp3s0f1', null),
    );
    const [{ evidence = [] } = {}] = findingsOf({ functions: [NIC], use: ipv4([], routes) });
    expect(evidence).toHaveLength(101);
    expect(evidence.at(-1)).toBe('and 200 more');
  });
});

describe('a network card of which something could not be read', () => {
  it.each([DENIED, BROKEN, UNREAD])('cannot be checked: %j', (why) => {
    const names = (use: Partial<HostUse>, more: Omit<State, 'use'> = {}) =>
      findingsOf({ functions: [NIC], use, ...more }).map(({ name, severity }) => `${name} ${severity}`);
    expect(names({ interfaces: why })).toEqual([
      'net-address unknown',
      'net-route unknown',
      'net-stack unknown',
    ]);
    const there = { live: { sessionAddress: '10.0.0.5' } };
    expect(names({ interfaces: why }, there)[0]).toBe('session unknown');
    expect(names({ interfaces: [OWN], ipv4: { addresses: why, routes: [] } }, there)[0]).toBe(
      'session unknown',
    );
    expect(names({ interfaces: [{ ...OWN, missedUppers: why }] })).toEqual(['net-stack unknown']);
    expect(names({ interfaces: [{ ...OWN, users: why }] })).toEqual(['net-user unknown']);
    expect(names({ interfaces: [{ ...OWN, linkLayer: why }] })).toEqual(['net-user unknown']);
    const missed = { elsewhere: { interfaces: [], unseen: [], missed: why } };
    expect(names({ interfaces: [OWN] }, { live: missed })).toEqual(['net-stack unknown']);
    expect(names({ interfaces: [OWN], ipv4: { addresses: why, routes: why } })).toEqual([
      'net-address unknown',
      'net-route unknown',
    ]);
    expect(names({ interfaces: [OWN], ipv6: { addresses: [], routes: why } })).toEqual(['net-route unknown']);
    expect(names({ interfaces: [{ ...OWN, uppers: why }] })).toEqual(['net-stack unknown']);
    expect(names({ interfaces: [OWN] }, { live: { sessionAddress: why } })).toEqual(['session unknown']);
    expect(
      names({ interfaces: why, ipv4: { addresses: why, routes: why } }, { functions: [functionHere()] }),
    ).toEqual([]);
  });

  it('is found for what is known all the same', () => {
    const use = { ...ipv4([address('10.0.0.5', 'enp3s0f1')]), ipv6: { addresses: BROKEN, routes: BROKEN } };
    expect(findingsOf({ functions: [NIC], use }).map(({ name, severity }) => `${name} ${severity}`)).toEqual([
      'net-address refuses',
      'net-route unknown',
    ]);
  });
});
