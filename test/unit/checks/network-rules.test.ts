import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import type { HostUse, IpAddress, IpRoute } from '../../../lib/pci/host-use.ts';
import { findingsOf, functionHere, HERE, linesOf, link, type Situation } from '../../support/host-use.ts';
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
const lines = (use: Partial<HostUse>, more: Omit<Situation, 'use'> = {}) =>
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
      'net-address refuses 00:03.0 carries 10.0.5.1/24 (br0.5 above br0 above enp3s0f1)',
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
      "net-default-route refuses 00:03.0 is the host's way out: default route to 10.0.0.1 (enp3s0f1)",
    ],
    [
      '0.0.0.0/0',
      null,
      "net-default-route refuses 00:03.0 is the host's way out: default route to the link itself (enp3s0f1)",
    ],
    ['192.168.7.0/24', '10.0.0.1', 'net-route refuses 00:03.0 is the way to 192.168.7.0/24'],
    ['10.9.9.9/32', null, 'net-route refuses 00:03.0 is the way to 10.9.9.9/32'],
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
      'session refuses 00:03.0 carries this login session: you came to 10.0.0.5 (enp3s0f1)',
    );
    expect(lines(use, { live: { sessionAddress: '10.0.0.6' } })).toHaveLength(1);
  });

  it('with the default route is taken for that of a session whose address no route places', () => {
    const use = ipv4([address('10.128.0.9', null, null)], [route('0.0.0.0/0', 'enp3s0f1', '10.128.0.1')]);
    expect(lines(use, { live: { sessionAddress: '10.128.0.9' } })).toEqual([
      'session refuses 00:03.0 carries this login session: you came to 10.128.0.9 (enp3s0f1)',
      'net-address unknown 00:03.0 is not cleared: no route tells which interface has 10.128.0.9',
      "net-default-route refuses 00:03.0 is the host's way out: default route to 10.128.0.1 (enp3s0f1)",
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
      'net-elsewhere refuses 00:03.0 has its network interface somewhere else: igb drives it, and none is to be seen here',
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

describe('a network card of which something could not be read', () => {
  it.each([DENIED, BROKEN, UNREAD])('is not cleared: %j', (why) => {
    const names = (use: Partial<HostUse>, more: Omit<Situation, 'use'> = {}) =>
      findingsOf({ functions: [NIC], use, ...more }).map(({ name, severity }) => `${name} ${severity}`);
    expect(names({ interfaces: why })).toEqual(['net-address unknown', 'net-route unknown']);
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
