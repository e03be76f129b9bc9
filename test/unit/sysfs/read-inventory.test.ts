import { describe, expect, it } from 'vitest';
import { DENIED, UNREAD } from '../../../lib/base/known.ts';
import { TreeHost } from '../../../lib/host/file/tree-host.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { RecordingHost } from '../../../lib/host/snapshot/recording-host.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import type { ConfigSpace } from '../../../lib/pci/config/config-space.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { groupedWith } from '../../../lib/pci/selector/concerned-devices.ts';
import { ALL_FIELDS } from '../../../lib/sysfs/device/read-inventory.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { errorOf } from '../../support/error-of.ts';
import { FIXTURE_HOSTS, MADE_FIXTURES, type MadeFixture } from '../../support/fixture-hosts.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { ONE, ONE_SPEC, readHost, readSpec } from '../../support/reading.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTree } from '../../support/write-tree.ts';

const BUS = '/sys/bus/pci/devices';
const fixture = (name: MadeFixture): HostReader => new SnapshotHost(FIXTURE_HOSTS[name]());
const said = (change: (tree: HostTree) => void, functions = [ONE_SPEC]): readonly string[] =>
  readSpec({ functions, change }).diagnostics.map(
    ({ subject, code, message }) => `${subject} ${code} ${message}`,
  );

describe('the bus', () => {
  it('may not be there, may be closed, may be broken', () => {
    const error = errorOf(() => readHost(fixture('no-pci')));
    expect([error.code, error.subject]).toEqual(['NO_PCI', 'no-pci']);
    const bus = (change: (tree: HostTree) => void) => () => readSpec({ functions: [], change });
    expect(errorOf(bus((tree) => tree.deny(BUS))).code).toBe('PERMISSION_DENIED');
    expect(errorOf(bus((tree) => tree.fail(BUS, 'EIO')))).toMatchObject({
      code: 'NO_PCI',
      message: expect.stringContaining('EIO'),
    });
  });

  it('may be empty', () => {
    expect(readHost(fixture('empty-bus'))).toEqual({
      host: { label: 'empty-bus' },
      devices: [],
      iommu: false,
      diagnostics: [],
    });
  });

  it('gives devices in the order of their addresses', () => {
    const { devices } = readHost(fixture('sixty-four-vfs'), []);
    expect(devices).toHaveLength(66);
    expect(devices.map(({ address }) => address)).toEqual(devices.map(({ address }) => address).sort());
    const domains = readHost(fixture('vmd-domain'), []).devices.map(({ address }) => address);
    expect(domains).toEqual(['0000:6f:00.5', '10000:e0:02.0', '10000:e1:00.0']);
  });

  it('may hold entries that are no addresses, and links that lead nowhere good', () => {
    const { devices, diagnostics } = readHost(fixture('hostile-names'), ['vendor']);
    expect(devices.map(({ address, vendor }) => [address, vendor])).toEqual([
      ['0000:00:00.0', { id: '8086', name: 'vendor 8086' }],
      ['0000:00:19.0', { id: '8086', name: 'vendor 8086' }],
      ['0000:00:1a.3', null],
      ['0000:00:1d.0', { id: '8086', name: 'vendor 8086' }],
    ]);
    expect(diagnostics).toEqual(
      [
        ['0000:00:1a.0', 'DEVICE_LINK_BROKEN', 'its entry on the bus points outside /sys; it is ignored'],
        ['0000:00:1a.1', 'DEVICE_LINK_BROKEN', 'its entry on the bus points outside /sys; it is ignored'],
        ['0000:00:1a.2', 'DEVICE_LINK_BROKEN', 'its entry on the bus points back to the bus; it is ignored'],
        ['0000:00:1b.0 \\x1b[31m', 'BAD_DEVICE_NAME', 'is among the devices of the PCI bus'],
        ['not-an-address', 'BAD_DEVICE_NAME', 'is among the devices of the PCI bus'],
        ['0000:00:1a.3', 'ATTRIBUTE_MISSING', 'its entry on the bus is a broken link'],
      ].map(([subject, code, message]) => ({ subject, code, message })),
    );
  });

  it('may have an entry that refuses to be read', () => {
    expect(said((tree) => tree.fail(`${BUS}/0000:00:03.0`, 'EIO'))).toContain(
      '0000:00:03.0 DEVICE_LINK_BROKEN its entry on the bus cannot be read: EIO',
    );
  });

  it('may hold the device itself in place of a link, as trees made by hand do', () => {
    const { devices, diagnostics } = readSpec(
      {
        functions: [],
        change: (tree) => {
          tree.attribute(`${BUS}/0000:00:03.0/vendor`, '0x8086');
          tree.attribute(`${BUS}/0000:00:03.0/device`, '0x10c9');
        },
      },
      ['vendor', 'device', 'location'],
    );
    expect(diagnostics).toEqual([]);
    expect(devices).toMatchObject([{ vendor: { id: '8086' }, device: { id: '10c9' }, location: null }]);
  });
});

describe('a function that the bus does not list', () => {
  const bridge = { ...ONE_SPEC, classCode: '060400', bridge: { secondary: 1, subordinate: 2 } };
  const below = { ...ONE_SPEC, address: '0000:01:00.0', under: ONE_SPEC.address };
  const further = { ...ONE_SPEC, address: '0000:02:00.0', under: below.address };
  const sibling = { ...further, address: '0000:02:00.1' };
  const other = { ...ONE_SPEC, address: '0000:80:00.0' };
  const functions = [bridge, below, further, sibling, other];
  const hide = (...addresses: string[]) =>
    said((tree) => {
      for (const address of addresses) tree.remove(`${BUS}/${address}`);
    }, functions);
  const missing = (address: string, directory: string): string =>
    `${address} DEVICE_NOT_ON_BUS is in /sys/devices/${directory} but is not listed on the PCI bus; it is ignored`;

  it('is reported, wherever it is', () => {
    expect(hide()).toEqual([]);
    expect(hide('0000:02:00.0')).toEqual([missing('0000:02:00.0', 'pci0000:00/0000:00:03.0/0000:01:00.0')]);
    expect(hide('0000:80:00.0')).toEqual([missing('0000:80:00.0', 'pci0000:80')]);
    const all = hide('0000:00:03.0', '0000:01:00.0', '0000:02:00.0', '0000:02:00.1');
    expect([...all].sort()).toEqual([
      missing('0000:00:03.0', 'pci0000:00'),
      missing('0000:01:00.0', 'pci0000:00/0000:00:03.0'),
      missing('0000:02:00.0', 'pci0000:00/0000:00:03.0/0000:01:00.0'),
      missing('0000:02:00.1', 'pci0000:00/0000:00:03.0/0000:01:00.0'),
    ]);
  });

  it('is not looked for behind a bridge of which the bus lists nothing', () => {
    expect(hide('0000:02:00.0', '0000:02:00.1')).toEqual([]);
  });
});

describe('facts', () => {
  it('that were not asked for are unread', () => {
    const { devices } = readHost(fixture('gpu-desktop'), ['vendor']);
    expect(devices).toHaveLength(9);
    for (const { address, vendor, ...others } of devices) {
      expect(address).toMatch(/^0000:/);
      expect(vendor).toMatchObject({ name: expect.stringContaining('vendor') });
      expect(Object.values(others)).toHaveLength(ALL_FIELDS.length - 1);
      expect(new Set(Object.values(others))).toEqual(new Set([UNREAD]));
    }
  });

  it('that a device gives itself are read of those that are asked, and of no other', () => {
    const recording = new RecordingHost(fixture('gpu-desktop'));
    const whole = readHost(fixture('gpu-desktop'), ALL_FIELDS).devices;
    const { devices } = readHost(recording, ALL_FIELDS, (all) =>
      groupedWith(
        all,
        all.filter(({ address }) => address === '0000:01:00.0'),
      ),
    );
    const opened = [...recording.snapshot().entries.keys()].filter((path) => /\/(config|vpd)$/.test(path));
    expect(new Set(opened.map((path) => path.split('/').at(-2)))).toEqual(
      new Set(['0000:01:00.0', '0000:01:00.1']),
    );
    for (const [index, device] of devices.entries()) {
      const isAsked = device.address.startsWith('0000:01:00.');
      const told = whole[index] as PciDevice;
      expect(device).toEqual(isAsked ? told : { ...told, config: UNREAD, vpd: UNREAD });
    }
  });

  it('stay unread where a snapshot does not hold them', () => {
    const whole = FIXTURE_HOSTS['no-iommu']();
    const entries = new Map(
      [...whole.entries].filter(([path]) => !/(numa_node|\/0000:01:00\.0)$/.test(path)),
    );
    const { devices, diagnostics } = readHost(new SnapshotHost({ ...whole, entries }), ['numaNode']);
    expect(diagnostics).toMatchObject([{ subject: '0000:01:00.0', code: 'DEVICE_LINK_BROKEN' }]);
    expect(devices.map(({ numaNode }) => numaNode)).toEqual([UNREAD, UNREAD]);
  });

  it('of one bad device do not hide the others', () => {
    const { devices, diagnostics } = readHost(fixture('broken-config'));
    expect(devices).toHaveLength(8);
    expect(devices[0]).toMatchObject({ vendor: { id: '8086' }, config: { problems: [] } });
    const bad = new Set(diagnostics.map(({ subject }) => subject));
    expect([...bad].sort()).toEqual(devices.slice(1).map(({ address }) => address));
  });

  it('of a place are the functions above, through a VMD controller too', () => {
    const { devices } = readHost(fixture('vmd-domain'), ['location']);
    expect(devices.map(({ location }) => location)).toEqual([
      { root: 'pci0000:6f', bridges: [], parent: null },
      { root: 'pci0000:6f', bridges: ['0000:6f:00.5'], parent: '0000:6f:00.5' },
      { root: 'pci0000:6f', bridges: ['0000:6f:00.5', '10000:e0:02.0'], parent: '10000:e0:02.0' },
    ]);
  });

  it('of a place are broken where the entry points at no path of functions', () => {
    const { devices, diagnostics } = readSpec(
      {
        functions: [],
        change: (tree) => {
          tree.linkTo(`${BUS}/0000:00:03.0`, '/sys/devices/platform/0000:00:03.0');
          tree.attribute('/sys/devices/platform/0000:00:03.0/vendor', '0x8086');
        },
      },
      ['location'],
    );
    expect(devices.map(({ location }) => location)).toEqual([{ unknown: 'broken' }]);
    expect(diagnostics).toMatchObject([{ code: 'DEVICE_LINK_BROKEN' }]);
  });
});

it('an ordinary user is told what is denied', () => {
  const { devices, diagnostics } = readHost(fixture('all-denied'));
  expect(devices).toHaveLength(4);
  expect(diagnostics).toEqual([]);
  for (const device of devices) {
    expect(device).toMatchObject({ resetMethods: DENIED, vpd: DENIED, config: { sizeBytes: 64 } });
    expect(device.vendor).toMatchObject({ name: expect.any(String) });
  }
  expect(devices.map(({ config }) => (config as ConfigSpace).capabilities)).toEqual([
    null,
    DENIED,
    DENIED,
    DENIED,
  ]);
});

describe('an IOMMU', () => {
  it.each<readonly [MadeFixture, boolean]>([
    ['no-iommu', false],
    ['empty-bus', false],
    ['shared-group', true],
    ['virtio-iommu', true],
    ['amd-iommu', true],
  ])('of %s is at work: %s', (name, expected) => {
    expect(readHost(fixture(name)).iommu).toBe(expected);
    expect(readHost(fixture(name), []).iommu).toBe(expected);
  });

  it('leaves some devices without a group', () => {
    const groups = (name: MadeFixture) =>
      readHost(fixture(name), ['iommuGroup']).devices.map(({ iommuGroup }) => iommuGroup);
    expect(groups('virtio-iommu')).toEqual([null, null, 0, null]);
    expect(groups('amd-iommu')).toEqual([0, null, 1, 2]);
    expect(groups('shared-group')).toEqual([0, 1, 1, 1]);
  });
});

describe('one description', () => {
  const names = MADE_FIXTURES.filter((name) => name !== 'no-pci');
  const folder = temporaryFolder();

  it.each(names)('%s is the same host as a tree and as a snapshot', (name) => {
    const snapshot = FIXTURE_HOSTS[name]();
    writeTree(snapshot, `${folder}/${name}`);
    const read = readHost(new SnapshotHost(snapshot));
    expect(asNobody(() => readHost(new TreeHost(`${folder}/${name}`, name)))).toEqual(read);
  });
});

describe('whether the kernel uses an IOMMU', () => {
  const GROUPS = '/sys/kernel/iommu_groups';
  const iommuOf = (change: (tree: HostTree) => void, group?: number) => {
    const { devices, iommu } = readSpec({ functions: [{ ...ONE_SPEC, group }], change });
    return { iommu, group: devices[0]?.iommuGroup };
  };
  /** What a copy that follows links makes of the link to a group. */
  const followed = (tree: HostTree): void => {
    tree.remove(`${ONE}/iommu_group`);
    tree.text(`${ONE}/iommu_group/type`, 'DMA\n');
  };

  it('is known by its groups, and by a folder that has none', () => {
    expect(iommuOf(() => {}, 4)).toEqual({ iommu: true, group: 4 });
    expect(iommuOf(() => {})).toEqual({ iommu: false, group: null });
  });

  it('is not known where the folder was not captured, or may not be read', () => {
    expect(iommuOf((tree) => tree.remove(GROUPS))).toEqual({ iommu: UNREAD, group: null });
    expect(iommuOf((tree) => tree.remove('/sys/kernel'))).toEqual({ iommu: UNREAD, group: null });
    const denied = (tree: HostTree) => {
      tree.remove(GROUPS);
      tree.deny(GROUPS);
    };
    expect(iommuOf(denied)).toEqual({ iommu: DENIED, group: null });
  });

  it('is none on a kernel that has no such folder', () => {
    const old = (tree: HostTree) => {
      tree.remove(GROUPS);
      tree.attribute('/sys/kernel/uevent_seqnum', '42');
    };
    expect(iommuOf(old)).toEqual({ iommu: false, group: null });
  });

  it('is not known of a copy that followed links, unless the groups name their members', () => {
    const alone = (tree: HostTree) => {
      followed(tree);
      tree.remove('/sys/kernel');
    };
    expect(iommuOf(alone, 4)).toEqual({ iommu: UNREAD, group: UNREAD });
    expect(iommuOf(followed, 4)).toEqual({ iommu: true, group: 4 });
  });
});
