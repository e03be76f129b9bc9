import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED } from '../../../lib/base/known.ts';
import type { DeviceField } from '../../../lib/pci/device.ts';
import { ALL_FIELDS } from '../../../lib/sysfs/device/read-inventory.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { ONE, readOne } from '../../support/reading.ts';

interface Case {
  readonly field: DeviceField;
  /** The file, link or directory that it comes from. */
  readonly attribute: string;
  readonly spec?: Partial<FunctionSpec>;
  readonly expected: unknown;
  /** Text of the attribute that makes no sense. */
  readonly nonsense?: string;
}

// Without uevent, which has most of this too: each attribute of its own is what tells.
const WITHOUT_UEVENT = { uevent: null };
const VPD = Uint8Array.of(0x82, 2, 0, 0x61, 0x62, 0x78);

const CASES: readonly Case[] = [
  {
    field: 'class',
    attribute: 'class',
    expected: { code: '020000', name: 'class 020000' },
    nonsense: 'network',
  },
  { field: 'vendor', attribute: 'vendor', expected: { id: '8086', name: 'vendor 8086' }, nonsense: '8086' },
  {
    field: 'device',
    attribute: 'device',
    expected: { id: '10c9', name: 'device 8086:10c9' },
    nonsense: '0x110c9',
  },
  {
    field: 'subsystem',
    attribute: 'subsystem_vendor',
    expected: {
      vendorId: '1af4',
      deviceId: '1100',
      vendorName: 'vendor 1af4',
      name: 'subsystem 8086:10c9:1af4:1100',
    },
    nonsense: '0xzzzz',
  },
  {
    field: 'subsystem',
    attribute: 'subsystem_device',
    expected: {
      vendorId: '1af4',
      deviceId: '1100',
      vendorName: 'vendor 1af4',
      name: 'subsystem 8086:10c9:1af4:1100',
    },
    nonsense: '',
  },
  { field: 'driver', attribute: 'driver', spec: { driver: 'igb' }, expected: 'igb' },
  {
    field: 'driverOverride',
    attribute: 'driver_override',
    spec: { driverOverride: 'vfio-pci' },
    expected: 'vfio-pci',
  },
  { field: 'modules', attribute: 'modalias', expected: ['igb'], nonsense: 'acpi:PNP0A08' },
  { field: 'iommuGroup', attribute: 'iommu_group', spec: { group: 12 }, expected: 12 },
  { field: 'numaNode', attribute: 'numa_node', spec: { numaNode: 1 }, expected: 1, nonsense: 'none' },
  {
    field: 'bars',
    attribute: 'resource',
    spec: { bars: { 2: { kind: 'io', at: 0xc000, sizeBytes: 32 } } },
    expected: [{ index: 2, kind: 'io', address: '0xc000', sizeBytes: 32, width: null, prefetchable: false }],
    nonsense: '0x1 0x2',
  },
  {
    field: 'rom',
    attribute: 'resource',
    spec: { rom: { at: 0xfe000000, sizeBytes: 0x20000 } },
    expected: { address: '0xfe000000', sizeBytes: 0x20000, isShadow: false },
    nonsense: 'nothing',
  },
  {
    field: 'resetMethods',
    attribute: 'reset_method',
    spec: { resetMethods: 'flr pm bus' },
    expected: ['flr', 'pm', 'bus'],
  },
  {
    field: 'powerState',
    attribute: 'power_state',
    spec: { powerState: 'D3hot' },
    expected: 'D3hot',
    nonsense: 'D 3',
  },
  {
    field: 'bootVga',
    attribute: 'boot_vga',
    spec: { bootVga: true, classCode: '030000' },
    expected: true,
    nonsense: 'yes',
  },
  {
    field: 'config',
    attribute: 'config',
    expected: expect.objectContaining({ vendorId: '8086', sizeBytes: 256 }),
  },
  {
    field: 'mdevTypes',
    attribute: 'mdev_supported_types',
    spec: { mdevTypes: ['i915-b', 'i915-a'] },
    expected: ['i915-a', 'i915-b'],
  },
  {
    field: 'vpd',
    attribute: 'vpd',
    spec: { vpd: VPD },
    expected: expect.objectContaining({ productName: 'ab', problems: [] }),
  },
  { field: 'slotLabel', attribute: 'label', spec: { label: 'Onboard LAN 1' }, expected: 'Onboard LAN 1' },
];

const ALIASES = { aliases: ['alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb'] };
/** These are read in tests of their own. */
const ELSEWHERE: readonly DeviceField[] = [
  'attachments',
  'lastSeen',
  'location',
  'revision',
  'sriov',
  'link',
  'netInterfaces',
  'blockDevices',
  'vfio',
];

const named = CASES.map((each) => [`${each.field} from ${each.attribute}`, each] as const);

describe('a fact', () => {
  it('is read here or in a test of its own, whichever it is', () => {
    const tested = new Set([...CASES.map(({ field }) => field), ...ELSEWHERE]);
    expect([...tested].sort()).toEqual([...ALL_FIELDS].sort());
  });

  it.each(named)('%s is read', (_, { field, spec, expected }) => {
    const attributes = WITHOUT_UEVENT;
    expect(readOne(field, { ...spec, attributes }, undefined, ALIASES)).toEqual({
      value: expected,
      messages: [],
    });
  });

  it.each(named)('%s may be absent', (_, { field, attribute, spec }) => {
    const change = { attributes: { ...WITHOUT_UEVENT, [attribute]: null } };
    const { value, messages } = readOne(
      field,
      { ...spec, ...change },
      (tree) => tree.remove(`${ONE}/${attribute}`),
      ALIASES,
    );
    expect(value).toBeNull();
    expect(messages.filter((message) => !message.startsWith('ATTRIBUTE_MISSING'))).toEqual([]);
  });

  it.each(named)('%s may be denied', (_, { field, attribute, spec }) => {
    const deny = { attributes: WITHOUT_UEVENT };
    const reading = readOne(field, { ...spec, ...deny }, (tree) => tree.deny(`${ONE}/${attribute}`), ALIASES);
    expect(reading).toEqual({ value: DENIED, messages: [] });
  });

  it.each(named)('%s may be broken', (_, { field, attribute, spec }) => {
    const fail = { attributes: WITHOUT_UEVENT };
    const { value, messages } = readOne(
      field,
      { ...spec, ...fail },
      (tree) => tree.fail(`${ONE}/${attribute}`, 'EIO'),
      ALIASES,
    );
    expect(value).toEqual(BROKEN);
    expect(messages).toContain(`ATTRIBUTE_BROKEN ${attribute} cannot be read: EIO`);
  });

  const withNonsense = named.filter(([, { nonsense }]) => nonsense !== undefined);
  it.each(withNonsense)('%s may make no sense', (_, { field, attribute, nonsense = '', spec }) => {
    const attributes = { ...WITHOUT_UEVENT, [attribute]: nonsense };
    const { value, messages } = readOne(field, { ...spec, attributes }, undefined, ALIASES);
    expect(value).toEqual(BROKEN);
    expect(messages).toContain(`ATTRIBUTE_BROKEN ${attribute} holds "${nonsense}"`);
  });
});

describe('what stands for none', () => {
  it.each<readonly [DeviceField, string, string, unknown]>([
    ['numaNode', 'numa_node', '-1', null],
    ['driverOverride', 'driver_override', '(null)', null],
    ['driverOverride', 'driver_override', '', null],
    ['resetMethods', 'reset_method', '', []],
    ['bars', 'resource', '', []],
    ['rom', 'resource', '', null],
  ])('%s, where %s holds "%s"', (field, attribute, text, expected) => {
    expect(readOne(field, { attributes: { [attribute]: text } })).toEqual({ value: expected, messages: [] });
  });
});

describe('the boot display', () => {
  const vga = { classCode: '030000' };

  it('is one among the VGA devices', () => {
    expect(readOne('bootVga', { ...vga, bootVga: true }).value).toBe(true);
    expect(readOne('bootVga', { ...vga, bootVga: false }).value).toBe(false);
    expect(readOne('bootVga', vga).value).toBeNull();
    expect(readOne('bootVga', { classCode: '040300' }).value).toBeNull();
    const shown = { below: { boot_display: '1\n' } };
    expect(readOne('bootVga', { ...vga, bootVga: false, ...shown }).value).toBe(true);
    expect(readOne('bootVga', { classCode: '038000', ...shown }).value).toBe(true);
    expect(readOne('bootVga', { classCode: '040300', ...shown }).value).toBeNull();
  });
});

describe('an IOMMU group', () => {
  it('is broken where its link does not end in a number', () => {
    expect(
      readOne('iommuGroup', {}, (tree) =>
        tree.link(`${ONE}/iommu_group`, '../../../kernel/iommu_groups/many'),
      ),
    ).toEqual({
      value: BROKEN,
      messages: ['ATTRIBUTE_BROKEN iommu_group holds "many"'],
    });
  });
});

describe('the revision', () => {
  const without = { attributes: { revision: null } };

  it('is read', () => {
    expect(readOne('revision').value).toBe('01');
    expect(readOne('revision', { denied: ['revision'] }).value).toEqual(DENIED);
    expect(readOne('revision', { attributes: { revision: '0x100' } }).value).toEqual(BROKEN);
  });

  it('comes from the configuration space where an old kernel does not give it', () => {
    expect(readOne('revision', { ...without, revision: 'a1' }).value).toBe('a1');
    expect(readOne('revision', { ...without, readableConfigBytes: 64 }).value).toBe('01');
    expect(readOne('revision', { ...without, denied: ['config'] }).value).toEqual(DENIED);
    expect(readOne('revision', { ...without, readableConfigBytes: 8 }).value).toEqual(BROKEN);
    expect(readOne('revision', without, (tree) => tree.remove(`${ONE}/config`)).value).toBeNull();
  });
});

describe('the link', () => {
  const link = ['8.0 GT/s PCIe', 4, '16.0 GT/s PCIe', 16] as const;
  const whole = { currentSpeedGts: 8, currentWidth: 4, maxSpeedGts: 16, maxWidth: 16 };

  it('is read', () => {
    expect(readOne('link', { link })).toEqual({ value: whole, messages: [] });
    expect(readOne('link', { link: ['5 GT/s', 1, '5 GT/s', 1] }).value).toMatchObject({ currentSpeedGts: 5 });
  });

  it('is nothing that conventional PCI has', () => {
    expect(readOne('link')).toEqual({ value: null, messages: [] });
  });

  it('is nothing that an endpoint inside the processor has', () => {
    for (const width of [255, 0]) {
      expect(readOne('link', { link: ['Unknown', 0, 'Unknown', width] })).toEqual({
        value: null,
        messages: [],
      });
    }
  });

  it('has no width that no link has', () => {
    expect(readOne('link', { link: ['Unknown', 63, '8.0 GT/s PCIe', 255] }).value).toMatchObject({
      currentWidth: null,
      maxSpeedGts: 8,
      maxWidth: null,
    });
  });

  it('may be unknown to the kernel, denied or broken in part', () => {
    expect(readOne('link', { link: ['Unknown', 0, '8.0 GT/s PCIe', 8] }).value).toMatchObject({
      currentSpeedGts: null,
      currentWidth: 0,
    });
    expect(readOne('link', { link, denied: ['max_link_width'] }).value).toEqual({
      ...whole,
      maxWidth: DENIED,
    });
    expect(readOne('link', { link, attributes: { current_link_speed: 'fast' } })).toEqual({
      value: { ...whole, currentSpeedGts: BROKEN },
      messages: ['ATTRIBUTE_BROKEN current_link_speed holds "fast"'],
    });
    expect(readOne('link', { link, attributes: { current_link_speed: null } }).value).toEqual({
      ...whole,
      currentSpeedGts: null,
    });
  });
});

describe('the configuration space', () => {
  it('tells what an ordinary user may not read', () => {
    expect(
      readOne('config', { capabilities: [{ id: 1, body: [3, 0, 0, 0, 0, 0] }], readableConfigBytes: 64 })
        .value,
    ).toMatchObject({
      vendorId: '8086',
      capabilities: DENIED,
    });
  });

  it('reports what is wrong with it', () => {
    expect(readOne('config', { config: new Uint8Array(256).fill(0xff) }).messages).toEqual([
      'CONFIG_SPACE_BROKEN Every byte of the header reads ff: the function does not answer.',
    ]);
    expect(readOne('config', { readableConfigBytes: 0 })).toEqual({
      value: BROKEN,
      messages: ['CONFIG_SPACE_BROKEN config is empty'],
    });
  });
});

describe('the label', () => {
  const slots = { 4: '0000:00:03', 5: '0000:00:04' };

  it('is the slot where the firmware gives the device none', () => {
    expect(readOne('slotLabel', {}, undefined, { slots }).value).toBe('slot 4');
    expect(readOne('slotLabel', { label: '' }, undefined, { slots }).value).toBe('slot 4');
    expect(readOne('slotLabel', { label: 'LAN' }, undefined, { slots }).value).toBe('LAN');
    expect(readOne('slotLabel', { label: 'LAN', denied: ['label'] }, undefined, { slots }).value).toEqual(
      DENIED,
    );
    expect(readOne('slotLabel', {}, undefined, { slots: { 5: '0000:00:04' } }).value).toBeNull();
  });
});
