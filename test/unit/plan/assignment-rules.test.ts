import { beforeAll, describe, expect, test } from 'vitest';
import { UNREAD } from '../../../lib/base/known.ts';
import type { Finding } from '../../../lib/checks/finding.ts';
import type { HostUse, InputDevice } from '../../../lib/facts/host-use.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';
import { distribute, type HostToShareOut } from '../../../lib/plan/assignment/assignment-rules.ts';
import { DEFAULT_RULES, parseAssignmentRules } from '../../../lib/plan/assignment/assignment-rules-parser.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { CORPUS_HOSTS, unpackHost, WHY_SKIPPED } from '../../support/corpus.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { usbController } from '../../support/hosts/functions.ts';
import { readHost } from '../../support/reading.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const rulesOf = (text: string) => parseAssignmentRules(`portal-gun: assignment-rules/v1\n${text}`, 'r.yaml');
const DEFAULTS = parseAssignmentRules(DEFAULT_RULES, 'rules');

type Given = Partial<Pick<HostToShareOut, 'inputs' | 'obstacleOf' | 'refusalsOf'>>;

/** Where each device goes, as lines: `00:03.0 router class=network`, `00:14.0 - keyboard`. */
function outcomes(host: HostReader, given: Given = {}, rules = DEFAULTS): readonly string[] {
  const { devices } = readHost(host);
  const groups = groupDevices(devices, (id) => readGroupAttributes(host, id));
  const shared = distribute(rules, {
    devices,
    groups,
    inputs: [],
    obstacleOf: () => null,
    refusalsOf: () => [],
    ...given,
  });
  const lines = [
    ...shared.given.map(({ device, to, reason }) => `${device.address.slice(5)} ${to} ${reason}`),
    ...shared.left.map(({ device, code }) => `${device.address.slice(5)} - ${code}`),
  ].sort();
  expect(lines).toHaveLength(devices.length);
  return lines;
}

function built(functions: readonly FunctionSpec[]): HostReader {
  return new SnapshotHost(buildHost({ label: 'described', iommu: 'dmar0', functions }));
}

const of = (address: string, classCode: string, facts: Partial<FunctionSpec> = {}): FunctionSpec => ({
  address: `0000:${address}`,
  ids: '8086:10c9',
  classCode,
  group: Number.parseInt(address.slice(3, 5), 16),
  ...facts,
});

const refusal = (subject: string, name = 'mounted'): Finding => ({
  name,
  severity: 'refuses',
  ruleSeverity: 'refuses',
  subject: subject as PciAddress,
  message: 'contains mounted file systems: sda1 on /srv',
  evidence: [],
  remedy: '',
});

const input = (name: string, on: string | null, isPs2 = false): InputDevice => ({
  name,
  function: on === null ? null : (`0000:${on}` as PciAddress),
  title: 'a keyboard',
  kind: 'keyboard',
  isPs2,
  isVirtual: false,
  isBluetooth: false,
});

describe('the rules that come with it', () => {
  const one = (classCode: string): string | undefined => outcomes(built([of('00:03.0', classCode)]))[0];

  test.each([
    ['020000', 'router class=network'],
    ['028000', 'router class=network'],
    ['0d1100', 'router class=network'],
    ['030000', 'controller class=display, class=usb, class=audio'],
    ['030200', 'controller class=display, class=usb, class=audio'],
    ['040100', 'controller class=display, class=usb, class=audio'],
    ['040300', 'controller class=display, class=usb, class=audio'],
    ['010802', 'controller rest'],
    ['0b4000', 'controller rest'],
    ['070002', 'controller rest'],
    ['ff0000', 'controller rest'],
    ['0c0500', '- rule'],
    ['078000', '- rule'],
    ['088000', '- rule'],
    ['050000', '- rule'],
    ['060100', '- bridge'],
    ['060000', '- bridge'],
    // Its header is that of an endpoint, as of NVSwitch.
    ['068000', 'controller rest'],
  ])('bring a function of class %s to %s', (classCode, expected) => {
    expect(one(classCode)).toBe(`00:03.0 ${expected}`);
  });
});

describe('what is in one IOMMU group', () => {
  test('goes together, by the first rule that any of it fits', () => {
    const pair = [of('00:03.0', '030000'), of('00:03.1', '020000')];
    expect(outcomes(built(pair))).toEqual([
      '00:03.0 router in the IOMMU group of 0000:00:03.1',
      '00:03.1 router class=network',
    ]);
  });

  test('stays together, whyever one stays', () => {
    const pair = [of('00:03.0', '020000'), of('00:03.1', '0c0500')];
    expect(outcomes(built(pair))).toEqual(['00:03.0 - group', '00:03.1 - rule']);

    const along = [of('00:03.0', '0c0330'), of('00:03.2', '050000')];
    expect(outcomes(built(along), { inputs: [input('input1', null, true)] })).toEqual([
      '00:03.0 controller class=display, class=usb, class=audio',
      '00:03.2 controller in the IOMMU group of 0000:00:03.0',
    ]);

    const held = [of('00:03.0', '060100', { driver: 'lpc_ich' }), of('00:03.2', '010601')];
    expect(outcomes(built(held))).toEqual(['00:03.0 - bridge', '00:03.2 - group']);

    const free = [of('00:03.0', '060100'), of('00:03.2', '010601')];
    expect(outcomes(built(free))).toEqual(['00:03.0 - bridge', '00:03.2 controller rest']);

    const cards = [of('00:03.0', '020000'), of('00:03.1', '020000'), of('00:04.0', '020000')];
    expect(
      outcomes(built(cards), {
        obstacleOf: ({ address }) =>
          address.endsWith('3.1') ? { code: 'assigned', reason: 'is assigned to a alone' } : null,
      }),
    ).toEqual(['00:03.0 - group', '00:03.1 - assigned', '00:04.0 router class=network']);
  });

  test('stays where the host uses a part of it, or of what it loses with it', () => {
    const host = built([of('00:03.0', '020000'), of('00:03.1', '030000'), of('00:04.0', '010802')]);
    const asked: (readonly string[])[] = [];
    const lines = outcomes(host, {
      refusalsOf(addresses) {
        asked.push(addresses);
        return addresses.filter((each) => each.endsWith('3.1')).map((each) => refusal(each));
      },
    });
    expect(lines).toEqual(['00:03.0 - group', '00:03.1 - in-use', '00:04.0 controller rest']);
    expect(asked.at(-1)).toEqual(['0000:00:04.0']);
  });
});

describe('rules of their own', () => {
  test('are taken in their order, and leave what none speaks of', () => {
    const host = built([of('00:03.0', '020000'), of('00:04.0', '020000'), of('00:05.0', '030000')]);
    const rules = rulesOf('rules: [{devices: 00:04.0, to: service}, {devices: class=network, to: mine}]');
    expect(outcomes(host, {}, rules)).toEqual([
      '00:03.0 mine class=network',
      '00:04.0 service 00:04.0',
      '00:05.0 - no-rule',
    ]);
    expect(outcomes(host, {}, rulesOf('rules: []'))).toHaveLength(3);
  });
});

describe('a USB controller', () => {
  const USB = [
    usbController('0000:00:14.0', { group: 3 }),
    usbController('0000:00:15.0', { group: 4 }),
    of('00:16.0', '0c0330', { group: 5 }),
  ];
  const kept = (inputs: HostUse['inputs'], more: Given = {}, keepUsb = 'auto'): readonly string[] =>
    outcomes(
      built(USB),
      { inputs, ...more },
      rulesOf(`rules: [{devices: rest, to: controller}]\nkeep-usb: ${keepUsb}`),
    )
      .filter((line) => line.includes(' - '))
      .map((line) => line.replace(' - ', ' '));

  test('stays where there is no PS/2 keyboard: that with the keyboard, or else the first', () => {
    expect(kept([input('input1', null, true)])).toEqual([]);
    expect(kept([])).toEqual(['00:14.0 keyboard']);
    expect(kept(null)).toEqual(['00:14.0 keyboard']);
    expect(kept(UNREAD)).toEqual(['00:14.0 keyboard']);
    expect(kept([input('input1', '00:16.0'), input('input2', '00:15.0')])).toEqual(['00:15.0 keyboard']);
    // Such as a program makes of a network.
    expect(kept([input('input1', null)])).toEqual(['00:14.0 keyboard']);
    expect(kept([{ ...input('input1', null, true), kind: 'other' }])).toEqual(['00:14.0 keyboard']);
  });

  test('stays or goes as the rules say', () => {
    expect(kept([], {}, 'never')).toEqual([]);
    expect(kept([input('input1', null, true)], {}, 'always')).toEqual(['00:14.0 keyboard']);
  });

  test('is not kept besides one that stays in any case', () => {
    const refusalsOf = (addresses: readonly PciAddress[]): readonly Finding[] =>
      addresses.filter((each) => each.endsWith('16.0')).map((each) => refusal(each));
    expect(kept([], { refusalsOf })).toEqual(['00:16.0 in-use']);
    expect(kept([input('a', '00:16.0'), input('b', '00:15.0')], { refusalsOf })).toEqual(['00:16.0 in-use']);
    expect(kept([input('b', '00:15.0')], { refusalsOf })).toEqual(['00:15.0 keyboard', '00:16.0 in-use']);
  });

  test('that has the last keyboard is what is kept, and not all of them', () => {
    const refusalsOf = (addresses: readonly PciAddress[]): readonly Finding[] =>
      addresses.length === USB.length ? addresses.map((each) => refusal(each, 'last-input-usb')) : [];
    expect(kept([input('b', '00:15.0')], { refusalsOf })).toEqual(['00:15.0 keyboard']);
  });
});

describe(`on whole hosts${WHY_SKIPPED}`, () => {
  test('virtual functions and their PF are left', () => {
    const lines = outcomes(openHost('fixtures/sixty-four-vfs.snapshot'));
    expect(lines.filter((line) => line.endsWith('- vfs'))).toHaveLength(65);
  });

  test('what is behind a controller goes with it', () => {
    expect(outcomes(openHost('fixtures/vmd-domain.snapshot')).join('\n')).toMatch(/ - behind/);
  });

  const folder = temporaryFolder();
  const HOSTS = CORPUS_HOSTS.filter((name) => name.startsWith('laptop'));
  const hosts = new Map<string, HostReader>();
  beforeAll(() => {
    for (const name of HOSTS) hosts.set(name, openHost(unpackHost(name, folder)));
  });

  test.skipIf(CORPUS_HOSTS.length === 0)('each device has one place, and each bridge stays', () => {
    for (const [name, host] of hosts) {
      const lines = outcomes(host, { inputs: readHostUse(host).inputs });
      const bridges = readHost(host).devices.filter(
        (device) =>
          typeof device.class === 'object' &&
          device.class !== null &&
          'code' in device.class &&
          device.class.code.startsWith('06'),
      );
      for (const { address } of bridges) {
        expect(lines, name).toContain(`${address.slice(5)} - bridge`);
      }
    }
  });

  test.skipIf(HOSTS.length === 0)('a laptop gives its network card to a router', () => {
    for (const host of hosts.values()) {
      const lines = outcomes(host, { inputs: readHostUse(host).inputs });
      expect(lines).toContain('00:14.3 router class=network');
      // Its memory goes along with the USB controller, and what is beside its SMBus stays.
      expect(lines).toContain('00:14.2 controller in the IOMMU group of 0000:00:14.0');
      expect(lines).toContain('00:1f.3 - group');
    }
  });
});
