import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePfLink } from '../../../lib/pci/sriov/pf-link.ts';
import {
  missingSettings,
  NO_VLAN,
  settingWords,
  type VfSettings,
} from '../../../lib/pci/sriov/vf-settings.ts';

/** What `ip -json link show dev enp1s0` of iproute2 6.15 prints of an 82576 under igb that has three VFs. */
const CAPTURED = `[{"ifindex":7,"ifname":"enp1s0","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500,"qdisc":"mq","operstate":"DOWN","linkmode":"DEFAULT","group":"default","txqlen":1000,"link_type":"ether","address":"52:54:00:00:00:02","broadcast":"ff:ff:ff:ff:ff:ff","vfinfo_list":[{"vf":0,"link_type":"ether","address":"02:11:22:33:44:66","broadcast":"ff:ff:ff:ff:ff:ff","vlan_list":[{"vlan":5}],"rate":{"max_tx":0,"min_tx":0},"spoofchk":true,"link_state":"auto","trust":false},{"vf":1,"link_type":"ether","address":"00:00:00:00:00:00","broadcast":"ff:ff:ff:ff:ff:ff","vlan_list":[{"vlan":100,"qos":3}],"rate":{"max_tx":0,"min_tx":0},"spoofchk":false,"link_state":"auto","trust":true},{"vf":2,"link_type":"ether","address":"02:11:22:33:44:77","broadcast":"ff:ff:ff:ff:ff:ff","vlan_list":[{}],"rate":{"max_tx":0,"min_tx":0},"spoofchk":false,"link_state":"auto","trust":true}],"altnames":["enx525400000002"]}]`;

const NO_RATE = { min: 0, max: 0 };

function link(fields: object): string {
  return JSON.stringify([{ ifname: 'eth0', flags: ['UP'], ...fields }]);
}

function settingsOf(entry: object): VfSettings | undefined {
  return parsePfLink(link({ vfinfo_list: [{ vf: 3, ...entry }] }), 'eth0')?.vfs.get(3);
}

describe('what ip says of a PF', () => {
  it('is read as the kernel has it', () => {
    const { vfs, ...others } = parsePfLink(CAPTURED, 'enp1s0') ?? { vfs: new Map() };
    expect(others).toEqual({ interface: 'enp1s0', isUp: true, mac: '52:54:00:00:00:02' });
    expect([...vfs]).toEqual([
      [
        0,
        {
          mac: '02:11:22:33:44:66',
          vlan: { id: 5, qos: 0, protocol: '802.1Q' },
          trust: false,
          spoofCheck: true,
          linkState: 'auto',
          rate: NO_RATE,
        },
      ],
      [
        1,
        {
          mac: '00:00:00:00:00:00',
          vlan: { id: 100, qos: 3, protocol: '802.1Q' },
          trust: true,
          spoofCheck: false,
          linkState: 'auto',
          rate: NO_RATE,
        },
      ],
      [
        2,
        {
          mac: '02:11:22:33:44:77',
          vlan: NO_VLAN,
          trust: true,
          spoofCheck: false,
          linkState: 'auto',
          rate: NO_RATE,
        },
      ],
    ]);
  });

  it('has no VFs where there are none, and the MAC that is burnt in before the one in use', () => {
    const fields = { address: '02:00:00:00:00:01', permaddr: '52:54:00:00:00:02', flags: ['BROADCAST'] };
    expect(parsePfLink(link(fields), 'eth0')).toEqual({
      interface: 'eth0',
      isUp: false,
      mac: '52:54:00:00:00:02',
      vfs: new Map(),
    });
    expect(parsePfLink(link({ address: '00:00:00:00:00:00' }), 'eth0')?.mac).toBe(null);
  });

  it('is read of older kernels and drivers that tell less', () => {
    expect(settingsOf({ mac: '02:00:00:00:00:01', vlan: 7, tx_rate: 100 })).toEqual({
      mac: '02:00:00:00:00:01',
      vlan: { id: 7, qos: 0, protocol: '802.1Q' },
      rate: { min: 0, max: 100 },
    });
    expect(settingsOf({ vlan_list: [{ vlan: 9, protocol: '802.1ad' }] })).toEqual({
      vlan: { id: 9, qos: 0, protocol: '802.1ad' },
    });
  });

  it.each([
    ['text', 'Device does not exist'],
    ['nothing', ''],
    ['no list', '{}'],
    ['another interface', CAPTURED.replace('"enp1s0"', '"enp1s1"')],
    ['a list of VFs that is none', link({ ifname: 'enp1s0', vfinfo_list: {} })],
  ])('is nothing where it is %s', (_, text) => {
    expect(parsePfLink(text, 'enp1s0')).toBe(undefined);
  });

  it('leaves out what makes no sense', () => {
    const odd = { address: 'x; rm -rf /', vlan_list: [{ vlan: -1 }], rate: { max_tx: '9' }, trust: 'yes' };
    expect(settingsOf({ ...odd, spoofchk: 1, link_state: 'auto\u001b[2J' })).toEqual({});
    const vfs = parsePfLink(
      link({ vfinfo_list: [null, 7, { vf: -1 }, { vf: 1e9 }, { vf: 'a' }] }),
      'eth0',
    )?.vfs;
    expect([...(vfs ?? [1])]).toEqual([]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        parsePfLink(text, 'eth0');
        parsePfLink(link({ vfinfo_list: [{ vf: 0, ...(JSON.parse(text) as object) }] }), 'eth0');
      }),
    );
  });
});

describe('settings of VFs', () => {
  it('that are missing are those that are wanted and not so', () => {
    const actual: VfSettings = { mac: '02:00:00:00:00:01', trust: true, vlan: NO_VLAN };
    expect(missingSettings({ trust: true, vlan: { ...NO_VLAN } }, actual)).toEqual({});
    expect(missingSettings({ trust: false, vlan: { ...NO_VLAN, id: 5 }, rate: NO_RATE }, actual)).toEqual({
      trust: false,
      vlan: { ...NO_VLAN, id: 5 },
      rate: NO_RATE,
    });
  });

  it('are told in words', () => {
    expect(
      settingWords({
        mac: '02:00:00:00:00:01',
        vlan: { id: 5, qos: 2, protocol: '802.1ad' },
        trust: false,
        spoofCheck: true,
        linkState: 'enable',
        rate: { min: 10, max: 100 },
      }),
    ).toEqual([
      'MAC 02:00:00:00:00:01',
      'VLAN 5, priority 2 (802.1ad)',
      'trust off',
      'spoof check on',
      'link enable',
      '10 to 100 Mbit/s',
    ]);
    expect(settingWords({ vlan: NO_VLAN, rate: NO_RATE })).toEqual(['no VLAN', 'no rate limit']);
    expect(settingWords({ rate: { min: 0, max: 7 } })).toEqual(['at most 7 Mbit/s']);
  });
});
