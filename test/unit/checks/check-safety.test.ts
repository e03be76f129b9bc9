import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DENIED, knownValue, UNREAD } from '../../../lib/base/known.ts';
import { escapeControls } from '../../../lib/base/text.ts';
import { type Finding, refusalsAmong } from '../../../lib/checks/finding.ts';
import { checkSafety } from '../../../lib/checks/safety/check-safety.ts';
import { SAFETY_FIELDS } from '../../../lib/checks/safety/safety-fields.ts';
import { SAFETY_RULES } from '../../../lib/checks/safety/safety-rules.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';
import { readLiveUse } from '../../../lib/sysfs/host-use/live-use.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { tellsResetMethods } from '../../../lib/sysfs/kernel-release.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { CAPTURED_FIXTURES, MADE_FIXTURES } from '../../support/fixture-hosts.ts';
import {
  block,
  findingsOf,
  functionHere,
  HERE,
  linesOf,
  link,
  mount,
  openNode,
} from '../../support/host-use.ts';
import { hostBridge, nvmeController, rootPort } from '../../support/hosts/functions.ts';
import { fixture } from '../../support/pci-program.ts';
import { readHost } from '../../support/reading.ts';
import { networkInterface, nvmeDrive } from '../../support/things.ts';

const IN_USE = functionHere({ address: '0000:00:03.1', driver: 'igb', below: networkInterface('eth1', 'a') });
const ADDRESS = {
  interfaces: [link('eth1', { function: '0000:00:03.1' as PciAddress })],
  ipv4: { addresses: [{ address: '10.0.0.5', prefixLength: 24, interfaces: ['eth1'] }], routes: [] },
};

/** What is found of every device of a host, each by itself. */
function findingsOfAll(host: HostReader): readonly Finding[] {
  const { devices } = readHost(host, SAFETY_FIELDS);
  const groups = groupDevices(devices, (group) => readGroupAttributes(host, group));
  const use = readHostUse(host);
  const live = readLiveUse(host);
  const judged = { devices, groups, use, live, tellsResetMethods: tellsResetMethods(host, devices) };
  return devices.flatMap(({ address }) => checkSafety([address], judged));
}

describe('what goes with a device', () => {
  it('is the rest of its group', () => {
    const line = 'net-address refuses 00:03.1 carries 10.0.0.5/24 (eth1)';
    expect(linesOf({ functions: [functionHere(), IN_USE], use: ADDRESS })).toEqual([line]);
    expect(linesOf({ functions: [functionHere(), { ...IN_USE, group: 4 }], use: ADDRESS })).toEqual([]);
    expect(
      linesOf({ functions: [functionHere(), IN_USE], use: ADDRESS, take: [IN_USE.address, HERE] }),
    ).toEqual([line]);
  });

  it('are not bridges, which stay', () => {
    const functions = [hostBridge({ group: 3, resetMethods: '' }), rootPort('0000:00:01.0', 1, { group: 3 })];
    expect(findingsOf({ functions: [...functions, functionHere()] }).map(({ subject }) => subject)).toEqual(
      [],
    );
  });

  it('is what is behind a controller that makes its bus', () => {
    const vmd = functionHere({ classCode: '010400', driver: 'vmd' });
    const drive = nvmeController('10000:e1:00.0', {
      under: HERE,
      root: 'pci10000:e1',
      group: undefined,
      below: nvmeDrive(0, 'S1', 1000),
    });
    const use = {
      blocks: [block('nvme0n1', { functions: ['10000:e1:00.0' as PciAddress], number: '259:0' })],
      mounts: [mount('/dev/nvme0n1', '/', { number: '259:0' })],
    };
    expect(findingsOf({ functions: [vmd, drive], use })).toMatchObject([
      { name: 'system-disk', subject: '10000:e1:00.0' },
    ]);
  });

  it('can not be told of an address that is not there', () => {
    expect(() => findingsOf({ take: ['0000:77:00.0'] })).toThrow(
      expect.objectContaining({ code: 'DEVICE_NOT_FOUND', subject: '0000:77:00.0' }),
    );
  });
});

describe('what stops a change', () => {
  const finding = (name: string, severity: Finding['severity'], rule = severity): Finding => ({
    name,
    severity,
    ruleSeverity: rule === 'unknown' ? 'refuses' : rule,
    subject: HERE,
    message: '',
    evidence: [],
    remedy: '',
  });
  const stopping = (findings: readonly Finding[], ...allowed: string[]) =>
    refusalsAmong(findings, new Set(allowed)).map(({ name }) => name);

  it('is lifted one by one, by name', () => {
    const findings = [finding('a', 'refuses'), finding('b', 'refuses'), finding('c', 'warns')];
    expect(stopping(findings)).toEqual(['a', 'b']);
    expect(stopping(findings, 'a')).toEqual(['b']);
    expect(stopping(findings, 'a', 'b')).toEqual([]);
  });

  it('is never lifted where it is forbidden', () => {
    expect(stopping([finding('a', 'forbids')], 'a')).toEqual(['a']);
  });

  it('is also what is not known, where the rule would stop it', () => {
    expect(stopping([finding('a', 'unknown'), finding('c', 'unknown', 'warns')])).toEqual(['a']);
    expect(stopping([finding('a', 'unknown', 'forbids')])).toEqual(['a']);
    expect(stopping([finding('a', 'unknown', 'forbids')], 'a')).toEqual([]);
  });
});

describe('the rules', () => {
  it('have names of their own, in kebab-case, and words', () => {
    const names = SAFETY_RULES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, title, meaning, remedy } of SAFETY_RULES) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      for (const text of [title, remedy]) expect(text).toMatch(/^\S.*[^.]$/s);
      expect(meaning).toMatch(/^\S.*\.$/s);
    }
  });

  it.each(CAPTURED_FIXTURES)('find the disk and the uplink of %s, and nothing on what is idle', (name) => {
    const findings = findingsOfAll(openHost(fixture(name)));
    const found = findings
      .filter(({ severity }) => severity === 'forbids' || severity === 'refuses')
      .map((each) => `${each.name} ${each.subject}`);
    expect(found).toEqual(expect.arrayContaining(['system-disk 0000:00:02.0', 'net-address 0000:00:0a.0']));
    expect([...new Set(found)].filter((each) => !/ 0000:00:(02|0a)\.0$/.test(each))).toEqual([
      ...(name === 'lab-intel-vfio' ? ['vfs-in-use 0000:01:00.0'] : []),
      'console 0000:0b:00.0',
      // Folders of the computer that runs the lab.
      'shared-folder 0000:00:0b.0',
      'shared-folder 0000:00:0c.0',
      'isa-bridge 0000:00:1f.0',
      // Without groups nothing takes it along.
      ...(name === 'lab-none' ? [] : ['smbus 0000:00:1f.3']),
    ]);
  });

  it.each(MADE_FIXTURES.filter((name) => name !== 'no-pci'))('can be asked about all of %s', (name) => {
    const findings = findingsOfAll(openHost(fixture(name)));
    // Captured before what the host uses was: that is not known, and nothing is taken to be idle.
    const sure = findings.filter(({ severity }) => severity !== 'unknown').map((each) => each.name);
    expect(sure.filter((each) => ['mounted', 'system-disk', 'swap', 'net-address'].includes(each))).toEqual(
      [],
    );
  });

  it('say of a host that was captured without its use that it is not known', () => {
    const findings = findingsOfAll(openHost(fixture('gpu-desktop')));
    const unknown = new Set(
      findings.filter(({ severity }) => severity === 'unknown').map(({ name }) => name),
    );
    expect([...unknown]).toEqual(
      expect.arrayContaining(['mounted', 'swap', 'block-open', 'net-address', 'net-route', 'drm-in-use']),
    );
  });

  it('take text of the host as it comes, which then can be made safe to print', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const functions = [functionHere({ driver: 'igb', below: networkInterface('eth0', 'a') })];
    fc.assert(
      fc.property(text, text, text, (name, title, point) => {
        const findings = findingsOf({
          functions,
          use: {
            blocks: [
              block('sda', { functions: [HERE], number: '8:0', holders: ['dm-0'] }),
              block('dm-0', { kind: 'lvm', title, number: '253:0', signature: name, label: title }),
            ],
            mounts: [mount(name, point, { number: '253:0', type: title })],
            fileSystems: [{ type: name, blocks: ['sda'] }],
            swaps: [{ path: '/dev/sda', kind: 'partition', usedBytes: 0 }],
            interfaces: [link(name, { function: HERE, uppers: [title] }), link(title)],
            ipv4: {
              addresses: [{ address: point, prefixLength: 8, interfaces: [name] }],
              routes: [{ interface: title, destination: point, gateway: name, isOwnNetwork: false }],
            },
            tpms: [{ name, function: HERE }],
            inputs: [
              {
                name,
                title,
                function: HERE,
                kind: 'keyboard',
                isPs2: false,
                isVirtual: false,
                isBluetooth: false,
              },
            ],
            soundStreams: [{ card: name, stream: title, function: HERE, ownerPid: null }],
          },
          live: {
            holders: [{ pid: 1, command: name, machine: title, nodes: [openNode('/dev/sda')] }],
            unseen: DENIED,
            sessionAddress: point,
          },
        });
        expect(findings.length).toBeGreaterThan(6);
        for (const finding of findings) {
          const shown = [finding.message, ...finding.evidence, finding.remedy].map(escapeControls).join('');
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('need no more facts of a device than they say', () => {
    const host = openHost(fixture('gpu-desktop'));
    const [device] = readHost(host, SAFETY_FIELDS).devices;
    expect(device?.vpd).toEqual(UNREAD);
    expect(knownValue(device?.class ?? null)?.code).toBe('060000');
  });
});
