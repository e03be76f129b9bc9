import { describe, expect, it } from 'vitest';
import { differences, hostWriter } from '../support/differences.ts';
import type { FunctionSpec } from '../support/host-spec.ts';
import { gigabitNic, hostBridge } from '../support/hosts/functions.ts';
import { BUNDLED_NAMES, fixture, pci } from '../support/pci-program.ts';
import { networkInterface } from '../support/things.ts';

const hostOf = hostWriter();

const BRIDGE = hostBridge({ group: 0 });
const A = '52:54:00:00:00:0a';
const lone = (more: Partial<FunctionSpec> = {}): readonly FunctionSpec[] => [
  BRIDGE,
  gigabitNic('0000:00:19.0', { group: 1, ...more }),
];

describe('diff', () => {
  it.each<readonly [string, string, string, readonly string[]]>([
    // What it is and does.
    ['driver', hostOf(...lone()), hostOf(...lone({ driver: 'vfio-pci' })), ['changed 00:19.0 driver']],
    ['no driver', hostOf(...lone()), hostOf(...lone({ driver: undefined })), ['changed 00:19.0 driver']],
    [
      'override',
      hostOf(...lone()),
      hostOf(...lone({ driverOverride: 'vfio-pci' })),
      ['changed 00:19.0 driverOverride'],
    ],
    ['revision', hostOf(...lone()), hostOf(...lone({ revision: '02' })), ['changed 00:19.0 revision']],
    [
      'NUMA node',
      hostOf(...lone({ numaNode: 0 })),
      hostOf(...lone({ numaNode: 1 })),
      ['changed 00:19.0 numaNode'],
    ],
    ['reset', hostOf(...lone()), hostOf(...lone({ resetMethods: 'bus' })), ['changed 00:19.0 resetMethods']],
    ['ROM', hostOf(...lone()), hostOf(...lone({ rom: undefined })), ['changed 00:19.0 rom']],
    ['label', hostOf(...lone()), hostOf(...lone({ label: 'LAN 1' })), ['changed 00:19.0 slotLabel']],
    [
      'interface',
      hostOf(...lone({ below: networkInterface('eth0', A) })),
      hostOf(...lone({ below: networkInterface('eth1', A) })),
      ['changed 00:19.0 netInterfaces'],
    ],
    // Power saving and a link that trains at another speed are no difference; nor is what one may not read.
    ['power', hostOf(...lone()), hostOf(...lone({ powerState: 'D3hot' })), []],
    [
      'link speed now',
      hostOf(...lone()),
      hostOf(...lone({ link: ['1.0 GT/s PCIe', 1, '2.5 GT/s PCIe', 1] })),
      [],
    ],
    [
      'denied',
      hostOf(...lone()),
      hostOf(...lone({ denied: ['reset_method', 'resource'], readableConfigBytes: 64 })),
      [],
    ],
    // The number of a group means nothing; who is in it does.
    ['number of the group', hostOf(...lone()), hostOf(...lone({ group: 9 })), []],
    [
      'group taken away',
      hostOf(...lone()),
      hostOf(...lone({ group: undefined })),
      ['changed 00:19.0 iommuGroupCompanions'],
    ],
    [
      'one more in the group',
      hostOf(BRIDGE, gigabitNic('0000:00:19.0', { group: 1 }), gigabitNic('0000:00:1a.0', { group: 2 })),
      hostOf(BRIDGE, gigabitNic('0000:00:19.0', { group: 1 }), gigabitNic('0000:00:1a.0', { group: 1 })),
      ['changed 00:19.0 iommuGroupCompanions', 'changed 00:1a.0 iommuGroupCompanions'],
    ],
  ])('%s', async (_, before, after, expected) => {
    expect(await differences(before, after)).toEqual(expected);
  });

  it('exits 0 and says so where nothing differs', async () => {
    const gpu = fixture('gpu-desktop');
    const stdout = 'No difference: 9 devices.\n';
    expect(await pci(['diff', gpu, gpu])).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  it('tells a person what was and is', async () => {
    const before = hostOf(
      BRIDGE,
      gigabitNic('0000:00:19.0', { group: 1 }),
      gigabitNic('0000:00:1a.0', { group: 2 }),
    );
    const after = hostOf(
      BRIDGE,
      gigabitNic('0000:00:19.0', { group: 1, driver: 'vfio-pci' }),
      gigabitNic('0000:00:1a.0', { group: 1 }),
    );
    const { exitCode, stdout } = await pci(['diff', before, after, ...BUNDLED_NAMES]);
    expect(exitCode).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'changed  0000:00:19.0  Intel 82574L Gigabit Network Connection',
      '           driver: e1000e → vfio-pci',
      '           IOMMU group: only member → with 0000:00:1a.0',
      'changed  0000:00:1a.0  Intel 82574L Gigabit Network Connection',
      '           IOMMU group: only member → with 0000:00:19.0',
      '2 differences.',
      '',
    ]);
  });

  it('takes the word host for this machine, and takes this machine by default', async () => {
    const answers = await Promise.all([pci(['diff', 'host', 'host']), pci(['diff', 'host'])]);
    const [first] = answers;
    // Without a PCI bus both sides lack it, which is an error and no difference.
    expect([0, 6]).toContain(first?.exitCode);
    expect(answers[1]).toEqual(first);
    expect((await pci(['diff', './host', 'host'])).stderr).toContain('./host: no such file [NOT_FOUND]');
  });
});
