import { describe, expect, it } from 'vitest';
import { DENIED, UNREAD } from '../../../lib/base/known.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import { libvirtSource } from '../../../lib/operations/session/libvirt-source.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import { selectOne } from '../../../lib/pci/selector/selector.ts';
import { parseSelector } from '../../../lib/pci/selector/selector-parser.ts';
import { LISTED_FIELDS, listDocument } from '../../../lib/render/documents.ts';
import { ALL_FIELDS, readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { FakeVirsh } from '../../support/fake-virsh.ts';
import { validatorOf } from '../../support/json-schemas.ts';
import { nodeDeviceXml } from '../../support/node-device-xml.ts';
import { fixture } from '../../support/pci-program.ts';

const URI = 'qemu+ssh://root@galaxy/system';

/** A libvirt that knows these devices, by name. */
function libvirtWith(documents: Readonly<Record<string, string>>): FakeVirsh {
  return new FakeVirsh(([word = '', ...rest]) => {
    if (word === 'hostname') return { output: 'galaxy' };
    if (word === 'nodedev-list') return { output: Object.keys(documents).join('\n') };
    const xml = documents[rest.at(-1) ?? ''];
    return xml === undefined ? { error: `Could not find matching device '${rest.at(-1)}'` } : { output: xml };
  });
}

/** A libvirt that knows what a captured host has. */
function libvirtOf(devices: readonly PciDevice[]): FakeVirsh {
  return libvirtWith(
    Object.fromEntries(
      devices.map((device) => [
        `pci_${device.address.replace(/[:.]/g, '_')}`,
        nodeDeviceXml(device, devices),
      ]),
    ),
  );
}

const host = openHost(fixture('lab-intel-vfio'));
const kernels = readInventory(host, NO_NAMES, ALL_FIELDS);
const read = (virsh: FakeVirsh) => libvirtSource(virsh, URI, null).read(NO_NAMES, ALL_FIELDS);

/** The device at an address of the captured host, changed so. */
const changed = (address: string, change: Partial<PciDevice>): readonly PciDevice[] =>
  kernels.devices.map((device) => (device.address === address ? { ...device, ...change } : device));

/** What libvirt has a word for. */
const toldBy = (device: PciDevice) => ({
  address: device.address,
  location: device.location,
  class: device.class,
  vendor: device.vendor,
  device: device.device,
  driver: device.driver,
  iommuGroup: device.iommuGroup,
  numaNode: device.numaNode,
});

describe('what libvirt alone tells', () => {
  it.each(['lab-intel-vfio', 'vmd-domain', 'sixty-four-vfs', 'gpu-desktop'])(
    'is what the kernel tells, as far as libvirt has a word for it: %s',
    async (name) => {
      const theirs = readInventory(openHost(fixture(name)), NO_NAMES, ALL_FIELDS);
      const virsh = libvirtOf(theirs.devices);
      const inventory = await read(virsh);
      expect(inventory).toMatchObject({ host: { label: 'galaxy', libvirt: URI }, iommu: theirs.iommu });
      expect(inventory.diagnostics).toEqual([]);
      expect(inventory.devices.map(toldBy)).toEqual(theirs.devices.map(toldBy));
      expect(inventory.devices.every(({ revision }) => revision === UNREAD)).toBe(true);
      expect(virsh.calls.map(({ args }) => args.includes('--readonly'))).toEqual([true, true]);
    },
  );

  it('has the roles of SR-IOV', async () => {
    const { devices } = await read(libvirtOf(kernels.devices));
    const roleOf = (address: string) => devices.find((device) => device.address === address)?.sriov;
    expect(roleOf('0000:01:00.0')).toMatchObject({
      role: 'pf',
      totalVfs: 7,
      numVfs: 3,
      virtualFunctions: ['0000:01:10.0', '0000:01:10.2', '0000:01:10.4'],
      autoprobe: UNREAD,
    });
    expect(roleOf('0000:01:10.2')).toEqual({ role: 'vf', physicalFunction: '0000:01:00.0', index: 1 });
    expect(roleOf('0000:03:00.0')).toBeNull();
  });

  it('has what hangs on a function, and knows of no other', async () => {
    const document = (name: string, path: string, capability: string) =>
      `<device><name>${name}</name><path>/sys/devices/pci0000:00/${path}</path>${capability}</device>`;
    const virsh = libvirtWith({
      pci_0000_00_02_0: nodeDeviceXml(kernels.devices[1] as PciDevice, []),
      net_a: document(
        'net_a',
        '0000:00:02.0/virtio2/net/eth0',
        "<capability type='net'><interface>eth0</interface></capability>",
      ),
      disk: document(
        'disk',
        '0000:00:02.0/ata1/host0/sda',
        "<capability type='storage'><block>/dev/sda</block></capability>",
      ),
    });
    const { devices } = await read(virsh);
    expect(devices).toHaveLength(1);
    expect(devices[0]).toMatchObject({ netInterfaces: ['eth0'], blockDevices: ['sda'], attachments: UNREAD });
    expect(selectOne(devices, 'netdev=eth0')).toBe(devices[0]);
    expect(virsh.calls[0]?.options.input).toContain('nodedev-list --cap pci,net,storage\n');
    const fewer = await libvirtSource(virsh, URI, null).read(NO_NAMES, parseSelector('pf').fields);
    expect(fewer.devices[0]).toMatchObject({ netInterfaces: UNREAD, blockDevices: UNREAD });
  });

  it('leaves out what went meanwhile, and says what can not be read', async () => {
    const good = kernels.devices[0] as PciDevice;
    const inventory = await libvirtSource(
      new FakeVirsh((command) => {
        if (command[0] === 'nodedev-list') return { output: 'pci_0000_00_00_0\nbroken\ngone\nrefused' };
        if (command.at(-1) === 'gone') return { error: 'Node device not found: no node device' };
        if (command.at(-1) === 'refused') return { error: 'access \u001b denied' };
        if (command.at(-1) === 'broken') return { output: '<device>' };
        return { output: nodeDeviceXml(good, []) };
      }),
      URI,
      null,
    ).read(NO_NAMES, LISTED_FIELDS);
    expect(inventory.devices.map(({ address }) => address)).toEqual([good.address]);
    expect(inventory.diagnostics.map(({ subject, code, message }) => [subject, code, message])).toEqual([
      ['broken', 'NODE_DEVICE_BROKEN', expect.stringContaining('broken:1:1 is not well formed')],
      ['refused', 'NODE_DEVICE_BROKEN', 'libvirt does not report it: access \u001b denied'],
    ]);
  });

  it('is a document of the published form', async () => {
    const inventory = await read(libvirtOf(kernels.devices));
    const validate = validatorOf('pci-list', { strict: true });
    validate(JSON.parse(JSON.stringify(listDocument(inventory, inventory.devices))));
    expect(validate.errors).toBeNull();
  });

  it('is nothing where libvirt can not list devices', async () => {
    const virsh = new FakeVirsh(() => ({ error: 'this function is not supported by the connection driver' }));
    await expect(read(virsh)).rejects.toMatchObject({
      code: 'NO_LIBVIRT',
      message: 'cannot list devices: this function is not supported by the connection driver',
      hint: expect.stringContaining('virtnodedevd'),
    });
  });
});

describe('what the kernel and libvirt of one machine tell', () => {
  const merge = (devices: readonly PciDevice[]) =>
    libvirtSource(libvirtOf(devices), null, host).read(NO_NAMES, ALL_FIELDS);

  it('is what the kernel tells where they agree', async () => {
    expect(await merge(kernels.devices)).toEqual({
      ...kernels,
      host: { ...kernels.host, libvirt: 'qemu:///system' },
    });
  });

  it.each([
    ['0000:03:00.0', { driver: 'vfio-pci' }, 'the driver is e1000e to the kernel, and vfio-pci to libvirt'],
    ['0000:03:00.0', { driver: null }, 'the driver is e1000e to the kernel, and none to libvirt'],
    ['0000:03:00.0', { iommuGroup: 99 }, /^the IOMMU group is \d+ to the kernel, and 99 to libvirt$/],
    ['0000:03:00.0', { numaNode: 1 }, 'the NUMA node is none to the kernel, and 1 to libvirt'],
    [
      '0000:03:00.0',
      { vendor: { id: '10de', name: null } },
      'the vendor is 8086 to the kernel, and 10de to libvirt',
    ],
    [
      '0000:01:10.2',
      { sriov: null },
      'the physical function is 0000:01:00.0 to the kernel, and none to libvirt',
    ],
  ] as const)('disagrees on %s', async (address, change, message) => {
    const { devices, diagnostics } = await merge(changed(address, change as Partial<PciDevice>));
    expect(devices).toEqual(kernels.devices);
    expect(diagnostics).toEqual([
      { subject: address, code: 'SOURCES_DISAGREE', message: expect.stringMatching(message) },
    ]);
  });

  it('disagrees on what there is', async () => {
    const [first, ...others] = kernels.devices;
    const added = { ...(first as PciDevice), address: '10000:00:00.0' as PciDevice['address'] };
    const { devices, diagnostics } = await merge([...others, { ...added, location: UNREAD }]);
    expect(devices).toEqual(kernels.devices);
    expect(diagnostics.map(({ subject, message }) => [subject, message])).toEqual([
      ['0000:00:00.0', 'is on the bus, but libvirt does not list it'],
      ['10000:00:00.0', 'is listed by libvirt, but is not on the bus'],
    ]);
  });

  it('has from libvirt what the kernel denies', async () => {
    const denied = openHost(fixture('all-denied'));
    const seen = readInventory(denied, NO_NAMES, ALL_FIELDS);
    const address = '0000:01:00.0';
    const at = (devices: readonly PciDevice[]) => devices.find((device) => device.address === address);
    expect(at(seen.devices)).toMatchObject({ vpd: DENIED, resetMethods: DENIED });
    const vpd =
      "<capability type='vpd'><fields access='readonly'><serial_number>S1</serial_number></fields></capability>";
    const virsh = libvirtWith({
      pci_0000_01_00_0: nodeDeviceXml(at(seen.devices) as PciDevice, seen.devices).replace(
        '<product',
        `${vpd}<product`,
      ),
    });
    const { devices } = await libvirtSource(virsh, null, denied).read(NO_NAMES, ALL_FIELDS);
    expect(at(devices)).toMatchObject({ vpd: { serial: 'S1' }, resetMethods: DENIED });
    expect(devices.filter((device) => device.address !== address)).toEqual(
      seen.devices.filter((device) => device.address !== address),
    );
  });
});
