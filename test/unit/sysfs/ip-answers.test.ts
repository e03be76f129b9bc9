import { describe, expect, it } from 'vitest';
import type { HostReader, Reading } from '../../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { askLinks, askNetwork } from '../../../lib/sysfs/host-use/network/ip-answers.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { HostTree } from '../../support/host-tree.ts';

/** A host without files that answers questions. */
function asked(answers: Readonly<Record<string, Reading<string>>>): HostReader {
  const host: HostReader = new SnapshotHost(new HostTree().snapshot('asked'));
  host.ask = (program, args) => answers[`${program} ${args.join(' ')}`] ?? null;
  return host;
}

const ADDRESSES = 'ip -details -json address show';
const ROUTES = 'ip -4 -json route show table all';
const inet = (local: string, prefixlen: number, more: object = {}): object => ({
  family: 'inet',
  local,
  prefixlen,
  ...more,
});
const LINKS = [
  { ifindex: 1, ifname: 'lo', addr_info: [inet('127.0.0.1', 8), inet('10.255.0.1', 32)] },
  {
    ifindex: 2,
    ifname: 'eth0',
    parentbus: 'pci',
    parentdev: '0000:01:00.0',
    addr_info: [
      inet('10.1.0.5', 24, { noprefixroute: true }),
      inet('10.2.0.1', 32, { address: '10.2.0.2' }),
      { family: 'inet6', local: 'fe80::1', prefixlen: 64 },
    ],
  },
  { ifindex: 3, link: 'eth0', ifname: 'eth0.5', linkinfo: { info_kind: 'vlan' }, addr_info: [] },
  { ifindex: 4, link: 'veth1', ifname: 'veth0', linkinfo: { info_kind: 'veth' }, addr_info: [] },
  {
    ifindex: 7,
    link_index: 6,
    link_netnsid: 0,
    ifname: 'mv0',
    linkinfo: { info_kind: 'macvlan' },
    addr_info: [],
  },
  {
    ifindex: 8,
    link_index: 0,
    ifname: 'tun0',
    linkinfo: { info_kind: 'tun' },
    xdp: { mode: 1, prog: { id: 12 } },
  },
  {
    ifindex: 9,
    ifname: 'eth1',
    xdp: {
      mode: 4,
      attached: [
        { mode: 1, prog: { id: 5 } },
        { mode: 2, prog: { id: 6 } },
      ],
    },
  },
];
const TABLES = [
  { dst: '10.1.0.0/24', dev: 'eth0', table: '100', scope: 'link' },
  {
    dst: 'default',
    nexthops: [
      { gateway: '10.1.0.1', dev: 'eth0' },
      { via: { family: 'inet6', host: 'fe80::9' }, dev: 'eth1' },
    ],
  },
  { dst: '10.2.0.2', dev: 'eth0', protocol: 'kernel', scope: 'link' },
  { type: 'local', dst: '10.1.0.5', dev: 'eth0', table: 'local' },
  { type: 'unreachable', dst: '10.9.0.0/16' },
];
const network = (addresses: unknown, routes: unknown) =>
  askNetwork(asked({ [ADDRESSES]: JSON.stringify(addresses), [ROUTES]: JSON.stringify(routes) }));

describe('what the kernel answers', () => {
  it('places addresses where they are, whatever the routes say', () => {
    expect(network(LINKS, TABLES)?.ipv4).toEqual({
      addresses: [
        { address: '10.255.0.1', prefixLength: 32, interfaces: ['lo'] },
        { address: '10.1.0.5', prefixLength: 24, interfaces: ['eth0'] },
        { address: '10.2.0.1', prefixLength: 32, interfaces: ['eth0'] },
      ],
      routes: [
        { interface: 'eth0', destination: '10.1.0.0/24', gateway: null, isOwnNetwork: true },
        { interface: 'eth0', destination: '0.0.0.0/0', gateway: '10.1.0.1', isOwnNetwork: false },
        { interface: 'eth1', destination: '0.0.0.0/0', gateway: 'fe80::9', isOwnNetwork: false },
        { interface: 'eth0', destination: '10.2.0.2/32', gateway: null, isOwnNetwork: false },
      ],
    });
  });

  it('tells what interfaces are made of', () => {
    expect(
      network(LINKS, [])?.links.map(({ name, madeOf, madeOfElsewhere }) => [name, madeOf, madeOfElsewhere]),
    ).toEqual([
      ['lo', null, null],
      ['eth0', null, null],
      ['eth0.5', 'eth0', null],
      ['veth0', null, null],
      ['mv0', null, 6],
      ['tun0', null, null],
      ['eth1', null, null],
    ]);
    const links = network(LINKS, [])?.links ?? [];
    expect(links.map(({ programs }) => programs)).toEqual([[], [], [], [], [], [12], [5, 6]]);
    expect(links[1]?.parent).toBe('0000:01:00.0');
  });

  it('comes before what the files say', () => {
    const tree = new HostTree();
    tree.text('/proc/self/mountinfo', '22 1 0:21 / /proc rw - proc proc rw\n');
    tree.text('/proc/net/route', 'Iface\tDestination\n');
    tree.text('/proc/net/fib_trie', 'Local:\n  |-- 10.7.7.7\n     /32 host LOCAL\n');
    const host: HostReader = new SnapshotHost(tree.snapshot('files'));
    expect(readHostUse(host).ipv4.addresses).toMatchObject([{ address: '10.7.7.7', interfaces: [] }]);
    const answers = asked({ [ADDRESSES]: JSON.stringify(LINKS), [ROUTES]: '' });
    host.ask = (program, args) => answers.ask?.(program, args) ?? null;
    expect(readHostUse(host).ipv4.addresses).toMatchObject([
      { address: '10.255.0.1' },
      { address: '10.1.0.5', interfaces: ['eth0'] },
      { address: '10.2.0.1' },
    ]);
  });

  it('is none if the host cannot be asked, or answers in another way', () => {
    expect(askNetwork(new SnapshotHost(new HostTree().snapshot('captured')))).toBeNull();
    expect(askNetwork(asked({}))).toBeNull();
    expect(
      askNetwork(asked({ [ADDRESSES]: '[]', [ROUTES]: { unknown: 'broken', detail: 'exits with 1' } })),
    ).toBeNull();
    expect(askNetwork(asked({ [ADDRESSES]: 'Usage: ip [OPTIONS]' }))).toBeNull();
    expect(network([{ ifname: 'eth0' }], [])).toBeNull();
    expect(network(LINKS, [{ dst: 'what', dev: 'eth0' }])).toBeNull();
    expect(network({}, [])).toBeNull();
    expect(network([{}, ...LINKS], TABLES)?.links).toHaveLength(LINKS.length);
  });

  it('is asked of another namespace from within it', () => {
    const question = `nsenter --net=/proc/913/ns/net -- ${ADDRESSES}`;
    expect(askLinks(asked({ [question]: JSON.stringify(LINKS) }), '/proc/913/ns/net')).toHaveLength(
      LINKS.length,
    );
    expect(askLinks(asked({}), '/proc/913/ns/net')).toBeNull();
  });
});
