import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import { contradictionsOf, type PciCapability } from '../../../lib/libvirt/node-device/node-device.ts';
import { parseNodeDevice, parseNodeDevices } from '../../../lib/libvirt/node-device/node-device-parser.ts';
import { corpusFolder } from '../../support/corpus.ts';
import { cpuTimeMs } from '../../support/cpu-time.ts';
import { parseNodeDevices as parseIndependently } from '../../support/nodedev.ts';

const FOLDERS = ['nodedev/libvirt', 'nodedev/nova'].map((name) => corpusFolder(name, '.xml'));
/** Its bus is 4294967295. */
const IMPOSSIBLE = 'pci_0000_00_02_0_header_type.xml';
const ALL_FILES = FOLDERS.flatMap(({ path, names }) => names.map((name) => join(path, name)));
const FILES = ALL_FILES.filter((path) => !path.endsWith(IMPOSSIBLE));
const text = (name: string): string =>
  readFileSync(FILES.find((path) => path.endsWith(`/${name}.xml`)) ?? name, 'utf8');

const pciOf = (xml: string): PciCapability => parseNodeDevice(xml, 'a').capability as PciCapability;

/** A PCI function at 0000:00:19.0, with more in its capability. */
const made = (more = '', place = '<domain>0</domain><bus>0</bus><slot>25</slot><function>0</function>') =>
  `<device>\n<name>pci_0000_00_19_0</name>\n<capability type='pci'>${place}\n${more}</capability></device>`;

describe.skipIf(FILES.length === 0)(`documents of other projects${FOLDERS[0]?.note}`, () => {
  it.each(FILES.map((path) => path.split('/').slice(-2).join('/')))('%s is read', (file) => {
    const path = FILES.find((each) => each.endsWith(file)) as string;
    const raw = readFileSync(path);
    const { name, capability, ...device } = parseNodeDevice(raw, path);
    expect(name).not.toBeNull();
    if (capability.kind !== 'pci') return;
    // The one with double quotes, and hex in upper case, is no writing of libvirt's.
    const [theirs] = parseIndependently(raw.toString());
    expect(theirs).toMatchObject({
      address: capability.address,
      path: device.path ?? undefined,
      parent: device.parent ?? (/<parent><\/parent>/.test(raw.toString()) ? '' : undefined),
      driver: device.driver ?? undefined,
      class: capability.classCode === null ? undefined : `0x${capability.classCode}`,
      numaNode: capability.numaNode === null ? undefined : String(capability.numaNode),
      physicalFunction: capability.physicalFunction ?? undefined,
      iommuGroup:
        capability.iommuGroup === null
          ? undefined
          : { number: String(capability.iommuGroup.number), members: capability.iommuGroup.members },
    });
    expect(theirs?.vendor?.toLowerCase()).toBe(`0x${capability.vendor?.id}`);
    expect(theirs?.virtualFunctions?.members ?? []).toEqual(capability.virtualFunctions?.addresses ?? []);
  });

  it('are refused where there can be no such device', () => {
    const [path = ''] = ALL_FILES.filter((each) => each.endsWith(IMPOSSIBLE));
    expect(() => parseNodeDevice(readFileSync(path), 'a.xml')).toThrow(
      expect.objectContaining({
        code: 'BAD_XML',
        subject: 'a.xml:4:3',
        message: 'is at no PCI address: 0:ffffffff:2.0',
      }),
    );
  });

  it('can stand one behind the other', () => {
    const all = FILES.map((path) => readFileSync(path, 'utf8'));
    const each = FILES.map((path) => parseNodeDevice(readFileSync(path), path));
    expect(each.length).toBeGreaterThan(60);
    expect(parseNodeDevices(all.join('\n'), 'all')).toEqual(each);
    expect(parseNodeDevices(all.map((one) => `<?xml version="1.0"?>\n${one}`).join(''), 'all')).toEqual(each);
  });

  it('tell product data, by the keywords of the card', () => {
    expect(pciOf(text('pci_0000_42_00_0_vpd')).vpd).toEqual({
      productName: expect.stringMatching(/^BlueField-2 DPU 25GbE/),
      fields: {
        EC: 'B1',
        MN: 'foobar',
        PN: 'MBF2H332A-AEEOT',
        SN: 'MT2113X00000><',
        V0: 'PCIeGen4 x8',
        V2: 'MBF2H332A-AEEOT',
        V3: '3c53d07eec484d8aab34dabd24fe575aa',
        VA: 'MLX:MN=MLNX:CSKU=V2:UUID=V3:PCI=V0:MODL=BF2H332A',
      },
      writableFields: {
        YA: 'fooasset',
        V0: 'vendorfield0',
        V2: 'vendorfield2',
        VA: '!@#$./><',
        YB: 'systemfieldB',
        Y0: 'systemfield0',
      },
      serial: 'MT2113X00000><',
      partNumber: 'MBF2H332A-AEEOT',
      problems: [],
    });
  });

  it('tell virtual functions, links, and kinds of mediated devices', () => {
    expect(pciOf(text('pci_0000_02_10_7_sriov_pf_vfs_all_header_type'))).toMatchObject({
      bridge: 'pci-bridge',
      physicalFunction: '0000:02:00.1',
      virtualFunctions: {
        max: 7,
        addresses: ['0000:02:00.2', '0000:02:00.3', '0000:02:00.4', '0000:02:00.5'],
      },
      link: { port: 0, max: { speedGts: 2.5, width: 4 }, current: { speedGts: null, width: 0 } },
    });
    expect(pciOf(text('pci_0000_02_10_7_sriov_zero_vfs_max_count')).virtualFunctions).toEqual({
      max: 3,
      addresses: [],
    });
    expect(pciOf(text('pci_0000_04_10_7')).virtualFunctions).toBeNull();
    expect(pciOf(text('pci_0000_04_00_3')).virtualFunctions).toMatchObject({ max: null });
    expect(pciOf(text('pci_0000_02_10_7_mdev_types')).mdevTypes).toEqual([
      { id: 'foo1', name: 'bar1', deviceApi: 'vfio-pci', availableInstances: 1 },
      { id: 'foo2', name: 'bar2', deviceApi: 'vfio-pci', availableInstances: 2 },
    ]);
    expect(pciOf(text('pci_0000_06_00_0'))).toMatchObject({
      address: '0000:0a:01.5',
      vendor: { id: '10de', name: 'Nvidia' },
      product: { id: '0ffe' },
      numaNode: 8,
    });
  });

  it('tell what hangs on a function', () => {
    const capabilityOf = (name: string) => parseNodeDevice(text(name), name).capability;
    expect(capabilityOf('net_enp2s1_02_9a_a1_37_be_54')).toEqual({
      kind: 'net',
      interface: 'enp2s1',
      mac: '02:9a:a1:37:be:54',
      state: 'down',
    });
    expect(capabilityOf('storage_serial_SATA_HTS721010G9SA00_MPCZ12Y0GNGWSE')).toEqual({
      kind: 'storage',
      node: '/dev/sda',
      serial: null,
      sizeBytes: 100_030_242_816,
    });
    expect(capabilityOf('DVD_with_media')).toMatchObject({ node: '/dev/sr0', sizeBytes: 12_345_678 });
    expect(capabilityOf('usb_device_1d6b_1_0000_00_1d_0')).toMatchObject({
      kind: 'usb_device',
      product: { id: '0001', name: '1.1 root hub' },
    });
    expect(capabilityOf('drm_renderD129')).toEqual({ kind: 'drm', type: 'render' });
    expect(parseNodeDevice(text('drm_renderD129'), 'drm').devnodes).toEqual([
      '/dev/dri/renderD129',
      '/dev/dri/by-path/pci-0000:00:02.0-render',
    ]);
    expect(capabilityOf('hba_vport_ops')).toEqual({ kind: 'scsi_host', host: 12 });
    expect(capabilityOf('mdev_3627463d_b7f0_4fea_b468_f1da537d301b')).toEqual({
      kind: 'mdev',
      typeId: 'mtty-1',
      uuid: null,
      iommuGroup: 12,
    });
    expect(capabilityOf('computer')).toEqual({ kind: 'other', type: 'system' });
  });

  it('contradict themselves where they were written by hand', () => {
    const all = FILES.map((path) => parseNodeDevice(readFileSync(path), path));
    const found = all.filter((device) => contradictionsOf(device).length > 0).map(({ name }) => name);
    expect(found).toContain('pci_0000_06_00_0');
    expect(found).not.toContain('pci_0000_42_00_0');
  });
});

describe('a node device', () => {
  it('is at an address of any domain, in decimal or hex', () => {
    const at = (domain: string, slot: string) =>
      pciOf(made('', `<domain>${domain}</domain><bus>1</bus><slot>${slot}</slot><function>7</function>`))
        .address;
    expect(at('65536', '25')).toBe('10000:01:19.7');
    expect(at('0x10000', '0x1F')).toBe('10000:01:1f.7');
    expect(at('4294967295', '0')).toBe('ffffffff:01:00.7');
  });

  it('is read with text among its elements, comments, and elements that are not known', () => {
    const xml = made('(a note) <!-- <device> --> <iommuGroup number="7"/> <newer><device/></newer>');
    expect(parseNodeDevices(`${xml}\n${xml}`, 'a')).toHaveLength(2);
    expect(pciOf(xml).iommuGroup).toEqual({ number: 7, members: [] });
  });

  it.each([
    ['<device/>', 'a:1:1', 'has no <capability>'],
    ['<domain/>', 'a:1:1', 'is no <device>, but <domain>'],
    [made('', '<domain>0</domain><bus>0</bus><slot>2</slot>'), 'a:3:1', 'has no function'],
    [made('', '<domain>0</domain><bus>x</bus>'), 'a:3:42', 'has no number: <bus>x</bus>'],
    [
      made('', '<domain>0</domain><bus>0</bus><slot>32</slot><function>0</function>'),
      'a:3:1',
      'is at no PCI address: 0:0:20.0',
    ],
    [
      made('', '<domain>4294967296</domain><bus>0</bus><slot>1</slot><function>0</function>'),
      'a:3:1',
      'is at no PCI address: 100000000:0:1.0',
    ],
    [made("<vendor id='8086'/>"), 'a:4:1', 'has no id of 16 bits: "8086"'],
    [made('<class>02</class>'), 'a:3:1', 'has no class: "02"'],
    [made("<numa node='x'/>"), 'a:4:1', 'has no number as node: "x"'],
    [made('<iommuGroup/>'), 'a:4:1', 'has no number'],
    [made("<iommuGroup number='1'><address slot='0x20'/></iommuGroup>"), 'a:4:24', 'has no slot from 0 to'],
    [
      made("<pci-express><link validity='cap' speed='fast'/></pci-express>"),
      'a:4:14',
      'has no speed: "fast"',
    ],
    [made("<capability type='mdev_types'><type/></capability>"), 'a:4:31', 'has no id'],
    ["<device><capability type='net'/></device>", 'a:1:9', 'has no interface'],
    ["<device><capability type='pci'></device>", 'a:1:32', 'is not well formed'],
  ])('is refused with its place: %s', (xml, subject, message) => {
    const expected = { code: 'BAD_XML', message: expect.stringContaining(message) };
    expect(() => parseNodeDevice(xml, 'a')).toThrow(expect.objectContaining({ ...expected, subject }));
    // Behind another on the same line, and on the same line of the next.
    const [line = '', column = ''] = subject.split(':').slice(1);
    const before = made().replaceAll('\n', '');
    const shifted = Number(line) === 1 ? Number(column) + before.length : column;
    expect(() => parseNodeDevices(before + xml, 'a')).toThrow(
      expect.objectContaining({ ...expected, subject: `a:${line}:${shifted}` }),
    );
    expect(() => parseNodeDevices(`${before}\n${xml}`, 'a')).toThrow(
      expect.objectContaining({ ...expected, subject: `a:${Number(line) + 1}:${column}` }),
    );
  });

  it('is read as it was made, whatever its numbers are', () => {
    const number = (max: number) => fc.nat(max);
    const device = fc.record({
      domain: number(0xffffffff),
      bus: number(255),
      slot: number(31),
      function: number(7),
      group: number(99999),
      vfs: number(64),
      isHex: fc.boolean(),
      name: fc.string(),
    });
    fc.assert(
      fc.property(device, ({ isHex, group, vfs, name, ...parts }) => {
        const write = (value: number) => (isHex ? `0x${value.toString(16)}` : String(value));
        const numbers = Object.entries(parts).map(([key, value]) => `<${key}>${write(value)}</${key}>`);
        const attributes = Object.entries(parts).map(([key, value]) => `${key}='0x${value.toString(16)}'`);
        const address = `<address ${attributes.join(' ')}/>`;
        const escaped = name.replace(/[&<>]/g, (character) => `&#${character.codePointAt(0)};`);
        const pci = pciOf(
          made(
            `<vendor id='0x8086'>${escaped}</vendor><iommuGroup number='${group}'>${address}</iommuGroup>
             <capability type='virt_functions' maxCount='${vfs}'>${address.repeat(vfs)}</capability>`,
            numbers.join(''),
          ),
        );
        expect(pci.iommuGroup).toEqual({ number: group, members: [pci.address] });
        expect(pci.virtualFunctions).toEqual({ max: vfs, addresses: Array(vfs).fill(pci.address) });
        expect(Number(`0x${pci.address.split(':')[0]}`)).toBe(parts.domain);
        expect(pci.vendor?.name ?? '').toBe(name.trim());
      }),
    );
  });

  it('is read, or refused with its place, whatever it is', () => {
    const markup = fc.constantFrom(
      '<device>',
      '</device>',
      '<device/>',
      "<capability type='pci'>",
      '</capability>',
      '<domain>0</domain><bus>0</bus><slot>1</slot><function>0</function>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<device ',
      "'",
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(markup, fc.string({ maxLength: 3 })), { maxLength: 12 }), (parts) => {
        try {
          parseNodeDevices(parts.join(''), 'a');
        } catch (error) {
          expect(error).toBeInstanceOf(PortalGunError);
          expect((error as PortalGunError).subject).toMatch(/^a:\d+:\d+$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is looked for in large texts in little time', () => {
    for (const text of ['<device ', '<!--', '<![CDATA[', "<device '", made()]) {
      const took = cpuTimeMs(() => {
        try {
          parseNodeDevices(text.repeat(Math.ceil(400_000 / text.length)), 'a');
        } catch {}
      });
      expect(took).toBeLessThan(10_000);
    }
  });

  it('contradicts itself where its numbers are not those of its name, path and group', () => {
    const device = parseNodeDevice(
      `<device><name>pci_0000_00_00_0</name><path>/sys/devices/pci0000:00/0000:00:01.0/0000:00:00.0</path>
       <capability type='pci'><domain>0</domain><bus>0</bus><slot>25</slot><function>0</function>
       <iommuGroup number='7'><address domain='0x0000' bus='0x00' slot='0x00' function='0x0' /></iommuGroup>
       </capability></device>`,
      'notes',
    );
    expect(contradictionsOf(device).map(({ message }) => message)).toEqual([
      'its name is that of 0000:00:00.0, and its numbers are those of 0000:00:19.0',
      'its path is that of 0000:00:00.0, and its numbers are those of 0000:00:19.0',
      'its IOMMU group has 0000:00:00.0, and not 0000:00:19.0',
    ]);
    expect(contradictionsOf(parseNodeDevice(made(), 'a'))).toEqual([]);
  });
});
