import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import { parsePolicy } from '../../../lib/plan/policy/policy-parser.ts';

const HEAD = 'portal-gun: policy/v1\n';

function errorOf(text: string): string {
  try {
    parsePolicy(text, 'p.yaml');
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    expect(error.code).toBe('BAD_POLICY');
    return `${error.subject}: ${error.message}`;
  }
  return 'none';
}

describe('a policy', () => {
  it('says bindings and virtual functions, by selector or identity', () => {
    const { bindings, virtualFunctions, persist } = parsePolicy(
      `${HEAD}bindings:
  - 03:00.0
  - device: 8086:10c9
    driver: pci-stub
  - device: {serial: 0123456, slot: 4}
    driver: host
virtual-functions:
  - device: netdev=enp1s0
    count: 4
    autoprobe: off
    driver: vfio-pci
    mac: stable
    vlan: 100/3
    rate: 1000
    vfs:
      0: {trust: on, spoof-check: off, link: enable, mac: 02:AB:00:00:00:01}
      3: {mac: driver, rate: 100}
persist: on
`,
      'p.yaml',
    );
    expect(bindings.map(({ device, driver }) => [device.selector.text, device.at, driver])).toEqual([
      ['03:00.0', 'p.yaml:3:5', null],
      ['8086:10c9', 'p.yaml:4:13', 'pci-stub'],
      ['serial 0123456, slot 4', 'p.yaml:6:13', 'host'],
    ]);
    const [vf] = virtualFunctions;
    expect(vf?.device.selector.text).toBe('netdev=enp1s0');
    expect(vf?.driver).toBe('vfio-pci');
    expect(vf?.goal).toMatchObject({
      count: 4,
      autoprobe: false,
      isUp: true,
      all: {
        mac: 'stable',
        vlan: { id: 100, qos: 3, protocol: '802.1Q' },
        rate: { min: 0, max: 1000 },
      },
    });
    expect([...(vf?.goal.each ?? [])]).toEqual([
      [0, { mac: '02:ab:00:00:00:01', trust: true, spoofCheck: false, linkState: 'enable' }],
      [3, { mac: 'driver', rate: { min: 0, max: 100 } }],
    ]);
    expect(persist).toBe(true);
  });

  it('may say nothing, and may use anchors', () => {
    expect(parsePolicy(`${HEAD}bindings:\n`, 'p.yaml')).toEqual({
      bindings: [],
      virtualFunctions: [],
      persist: false,
    });
    const { virtualFunctions } = parsePolicy(
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: 2, vfs: {0: &a {vlan: 7}, 1: *a}}\n`,
      'p.yaml',
    );
    expect(virtualFunctions[0]?.goal.each.get(1)).toEqual(virtualFunctions[0]?.goal.each.get(0));
  });

  it.each([
    ['', 'p.yaml:1:1: must be a mapping of keys to values'],
    ['- a', 'p.yaml:1:1: must be a mapping of keys to values'],
    ['bindings: []', 'p.yaml:1:1: does not identify itself as a policy'],
    ['portal-gun: policy/v2', 'p.yaml:1:13: must be policy/v1'],
    [`${HEAD}binding: []`, 'p.yaml:2:10: no such key here: "binding"'],
    [`${HEAD}bindings: {a: b}`, 'p.yaml:2:11: must be a list'],
    [`${HEAD}bindings:\n  - driver: vfio-pci`, 'p.yaml:3:5: names no device: it needs the key "device"'],
    [
      `${HEAD}bindings:\n  - {device: 03:00.0, driver: ../../etc}`,
      'p.yaml:3:31: must be host, or a VFIO driver such as vfio-pci',
    ],
    [`${HEAD}bindings:\n  - clas=display`, 'p.yaml:3:5: "clas=display" there is no selector "clas="'],
    [
      `${HEAD}bindings:\n  - {device: {}}`,
      'p.yaml:3:14: names no part of an identity: id, subsystem, serial, mac, path, slot',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0}`,
      'p.yaml:3:5: has no number of VFs: it needs the key "count"',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: many}`,
      'p.yaml:3:30: must be a whole number from 0 to 65535',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: 0x10}`,
      'p.yaml:3:30: must be a whole number from 0 to 65535',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: 2, vfs: {2: {}}}`,
      'p.yaml:3:42: "2" is the number of no VF: they are counted from 0, up to "count"',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: 2, mac: 03:00:00:00:00:01}`,
      'p.yaml:3:38: invalid value "03:00:00:00:00:01"',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: 2, vlan: 4095}`,
      'p.yaml:3:39: invalid value "4095"',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: 2, qos: 1}`,
      'p.yaml:3:38: no such key here: "qos"',
    ],
    [
      `${HEAD}virtual-functions:\n  - {device: 01:00.0, count: 2, trust: maybe}`,
      'p.yaml:3:40: must be on or off',
    ],
    [`${HEAD}persist: on\npersist: off`, 'p.yaml:3:1: the key "persist" occurs twice'],
    [`${HEAD}persist: *nowhere`, 'p.yaml:2:10: refers to an anchor that does not exist'],
    [`${HEAD}persist: "on`, 'p.yaml:2:13: Missing closing "quote'],
    [`${HEAD}--- \na: b`, 'p.yaml:2:1: contains more than one document'],
  ])('refuses with line and column %j', (text, expected) => {
    expect(errorOf(text)).toBe(expected);
  });

  it.each([
    ['of a megabyte and more', '#'.repeat(1024 * 1024 + 1), 'p.yaml: is longer than a megabyte'],
    ['nested without end', '['.repeat(100_000), /^p\.yaml:1:\d+: is nested too deeply$/],
  ])('refuses text %s', (_, text, expected) => {
    expect(errorOf(text)).toMatch(expected);
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (text, headed) => {
        errorOf(headed ? HEAD + text : text);
      }),
      { numRuns: 500 },
    );
  });
});
