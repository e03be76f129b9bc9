import { describe, expect, test } from 'vitest';
import { UNREAD } from '../../../lib/base/known.ts';
import type { HostdevPool } from '../../../lib/libvirt/hostdev/host-device.ts';
import { argumentSlots, takenDevices } from '../../../lib/libvirt/machine/taken-device.ts';
import { mayTake, NO_HOST, withFunctions } from '../../../lib/libvirt/machine/taken-functions.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { domainXml, uuidOf } from '../../support/made-up-libvirt.ts';

const ADDRESS = '0000:06:00.0' as PciAddress;
const PF = '0000:01:00.0' as PciAddress;
const VF = '0000:01:10.0' as PciAddress;
const UUID = 'c2177883-f1bb-47f0-914d-32a22e3a8804';
const QEMU = 'http://libvirt.org/schemas/domain/qemu/1.0';

function documentOf(devices: string, args: readonly string[] = [], prefix = 'qemu', more = '') {
  const words = args.map((each) => `<${prefix}:arg value='${each.replaceAll('"', '&quot;')}'/>`).join('');
  const commandline = args.length === 0 ? '' : `<${prefix}:commandline>${words}</${prefix}:commandline>`;
  const text = domainXml('a', uuidOf(1), `<devices>${devices}</devices>${commandline}${more}`);
  return parseXml(text.replace('<domain ', `<domain xmlns:${prefix}='${QEMU}' `), 'a');
}

function taken(
  devices: string,
  args: readonly string[] = [],
  prefix?: string,
  more?: string,
): readonly object[] {
  return takenDevices(documentOf(devices, args, prefix, more)).map(({ device }) => device);
}

const AT = "<address domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>";

describe('what a document takes by elements', () => {
  test.each([
    [`<hostdev mode='subsystem' type='pci'><source>${AT}</source></hostdev>`, 'hostdev'],
    [`<interface type='hostdev'><source>${AT}</source></interface>`, 'interface'],
    [`<disk type='nvme' device='disk'><source type='pci' namespace='1'>${AT}</source></disk>`, 'nvme'],
    [`<disk type='nvme'><source managed='yes' namespace='1'>${AT}</source></disk>`, 'nvme'],
    [
      `<disk type='file'><source file='/a'/><backingStore type='nvme'><source type='pci'>${AT}</source></backingStore></disk>`,
      'nvme',
    ],
    [
      `<disk type='file'><source file='/a'/><mirror type='nvme'><source type='pci'>${AT}</source></mirror></disk>`,
      'nvme',
    ],
  ])('%s', (element, kind) => {
    expect(taken(element)).toEqual([expect.objectContaining({ kind, address: ADDRESS })]);
  });

  test('without an address', () => {
    expect(
      taken(`
      <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='${UUID}'/></source></hostdev>
      <interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>
      <disk type='vhostvdpa'><source dev='/dev/vhost-vdpa-1'/></disk>
      <interface type='network'><source network='vfs'/></interface>
      <disk type='nvme'><source type='pci'/></disk>
      <disk type='file'><source file='/a'/></disk>
      <hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>`),
    ).toEqual([
      expect.objectContaining({ kind: 'mdev', uuid: UUID }),
      { kind: 'vdpa', path: '/dev/vhost-vdpa-0' },
      { kind: 'vdpa', path: '/dev/vhost-vdpa-1' },
      expect.objectContaining({ kind: 'pool-interface', network: 'vfs' }),
      expect.objectContaining({ kind: 'unread', address: null }),
    ]);
  });
});

describe('what a document takes by arguments for QEMU', () => {
  test.each([
    [['-device', 'vfio-pci,host=0000:06:00.0,id=a,bus=pci.0,addr=3.0']],
    [['--device', 'vfio-pci,id=a,host=06:00.0']],
    [['-device', 'driver=vfio-pci,host=6:0.0']],
    [['-device', 'vfio-pci-nohotplug,host=06:00.0']],
    [['-device', '{"driver":"vfio-pci","host":"0000:06:00.0","id":"a","bus":"pcie.0","addr":"0x3"}']],
    [['-device', 'vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:06:00.0']],
    [['-device', 'vfio-pci,sysfsdev=/sys/devices/pci0000:00/0000:00:06.0/0000:06:00.0/']],
    [['-device', 'vfio-pci,id=a', '-set', 'device.a.host=06:00.0']],
    [['-set', 'device.hostdev0.host=06:00.0']],
    [['-drive', 'file=nvme://0000:06:00.0/1,if=none,id=d']],
    [['-drive', 'driver=raw,file.driver=nvme,file.device=0000:06:00.0,file.namespace=1']],
    [['-blockdev', 'driver=nvme,node-name=d,device=0000:06:00.0,namespace=1']],
    [
      [
        '-blockdev',
        '{"driver":"raw","node-name":"d","file":{"driver":"nvme","device":"0000:06:00.0","namespace":1}}',
      ],
    ],
  ])('%j', (args) => {
    expect(taken('', args)).toContainEqual(expect.objectContaining({ kind: 'argument', address: ADDRESS }));
    // libvirt gives namespaces other prefixes after a while.
    expect(taken('', args, 'ns0')).toHaveLength(taken('', args).length);
  });

  test('by an override of what libvirt makes', () => {
    const override = `<qemu:override><qemu:device alias='hostdev0'><qemu:frontend>
      <qemu:property name='host' type='string' value='0000:06:00.0'/></qemu:frontend></qemu:device></qemu:override>`;
    expect(taken('', [], 'qemu', override)).toEqual([
      expect.objectContaining({ kind: 'argument', address: ADDRESS }),
    ]);
  });

  test.each([
    [['-device', `vfio-pci,sysfsdev=/sys/bus/mdev/devices/${UUID}`], { address: null, uuid: UUID }],
    [['-netdev', 'vhost-vdpa,id=n,vhostdev=/dev/vhost-vdpa-0'], { address: null, path: '/dev/vhost-vdpa-0' }],
    [['-device', 'vfio-pci,fd=7'], { address: null, uuid: null, path: null }],
    [['-readconfig', '/etc/qemu.conf'], { address: null, uuid: null, path: null }],
  ])('%j', (args, device) => {
    expect(taken('', args)).toEqual([expect.objectContaining({ kind: 'argument', ...device })]);
  });

  test.each([
    [['-device', 'virtio-net-pci,netdev=n,addr=5']],
    [['-device', 'usb-host,hostbus=1']],
    [['-fw_cfg', 'name=opt/x,string=vfio-pci']],
    [['-drive', 'file=/a,,b.img']],
    [['-device']],
    [['-device', '{"driver":']],
  ])('not %j', (args) => {
    expect(taken('', args)).toEqual([]);
  });

  test('takes slots of the guest', () => {
    const args = [
      ...['-device', 'vfio-pci,host=06:00.0,bus=pci.0,addr=3.1'],
      ...['-device', 'virtio-net-pci,addr=0x1f'],
      ...['-device', 'nvme,bus=pci.4'],
      ...['-device', 'usb-tablet,bus=usb.0'],
      ...['-device', 'e1000'],
    ];
    expect(argumentSlots(documentOf('', args).root)).toEqual([
      { bus: 0, slot: 3, function: 1 },
      { bus: 0, slot: 0x1f, function: 0 },
      { bus: 4, slot: 0, function: 0 },
    ]);
  });
});

describe('the functions that are meant', () => {
  const pool: HostdevPool = {
    name: 'vfs',
    isManaged: true,
    pf: 'enp1s0',
    addresses: [],
    driver: null,
    vlans: [],
  };
  const found = takenDevices(documentOf("<interface type='network'><source network='vfs'/></interface>"));
  const host = {
    ...NO_HOST,
    vfsOfInterface: (name: string) => (name === 'enp1s0' ? { pf: PF, vfs: [VF] } : null),
    pfOf: (vf: PciAddress) => (vf === VF ? PF : null),
  };

  test('are the VFs of a pool, whose PF has to stay', () => {
    const given = withFunctions(found, new Map([['vfs', pool]]), host);
    expect(given).toMatchObject([{ functions: [VF], carriers: [PF] }]);
    expect(given.map((each) => [mayTake(each, VF), mayTake(each, PF), mayTake(each, ADDRESS)])).toEqual([
      [true, true, false],
    ]);
  });

  test('are those that a pool lists, with the PFs that they are of', () => {
    const listed = { ...pool, pf: null, addresses: [VF] };
    expect(withFunctions(found, new Map([['vfs', listed]]), host)).toMatchObject([
      { functions: [VF], carriers: [PF] },
    ]);
  });

  test('are none of a network that is no pool', () => {
    expect(withFunctions(found, new Map([['vfs', null]]), host)).toEqual([]);
  });

  test('may be any where nobody says', () => {
    const [unread] = withFunctions(found, new Map([['vfs', UNREAD]]), host);
    expect(unread !== undefined && mayTake(unread, ADDRESS)).toBe(true);
    const [argument] = withFunctions(
      takenDevices(documentOf('', ['-device', 'vfio-pci,fd=7'])),
      new Map(),
      host,
    );
    expect(argument !== undefined && mayTake(argument, ADDRESS)).toBe(true);
  });

  test('are none of what is not there', () => {
    const mdev = takenDevices(
      documentOf(
        `<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='${UUID}'/></source></hostdev>`,
      ),
    );
    expect(withFunctions(mdev, new Map(), { ...host, parentOfMdev: () => null })).toMatchObject([
      { functions: [] },
    ]);
    expect(withFunctions(mdev, new Map(), { ...host, parentOfMdev: () => ADDRESS })).toMatchObject([
      { functions: [ADDRESS] },
    ]);
  });
});
