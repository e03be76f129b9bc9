import { describe, expect, it } from 'vitest';
import { DENIED, UNREAD } from '../../../lib/base/known.ts';
import type {
  HostConsole,
  HostThing,
  InputDevice,
  KernelWork,
  Watchdog,
} from '../../../lib/facts/host-use.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { findingsOf, functionHere, HERE, linesOf } from '../../support/host-use.ts';
import { networkInterface } from '../../support/things.ts';

const ON = HERE as PciAddress;
const SMBUS = functionHere({ classCode: '0c0500', driver: 'i801_smbus' });
const NIC = functionHere({ classCode: '020000', driver: 'igb', below: networkInterface('eth0', 'a') });

describe('a watchdog', () => {
  const of = (facts: Partial<Watchdog>): Watchdog[] => [
    { name: 'watchdog0', function: ON, identity: 'iTCO_wdt', isArmed: true, ...facts },
  ];

  it('is in the way while it is armed', () => {
    expect(linesOf({ functions: [SMBUS], use: { watchdogs: of({}) } })).toEqual([
      'watchdog refuses 00:03.0 has an armed watchdog: watchdog0 (iTCO_wdt)',
    ]);
    expect(linesOf({ functions: [SMBUS], use: { watchdogs: of({ isArmed: false }) } })).toEqual([]);
    expect(linesOf({ functions: [SMBUS], use: { watchdogs: of({ function: null }) } })).toEqual([]);
  });

  it('may be, for all that is known', () => {
    expect(linesOf({ functions: [SMBUS], use: { watchdogs: of({ isArmed: DENIED }) } })).toHaveLength(1);
    expect(linesOf({ functions: [SMBUS], use: { watchdogs: DENIED } })).toHaveLength(1);
    expect(linesOf({ functions: [NIC], use: { watchdogs: DENIED } })).toEqual([]);
  });
});

describe('a TPM', () => {
  it('may be on what carries one, if it is not known where it is', () => {
    const spi = functionHere({ classCode: '0c8000', driver: 'intel-spi' });
    expect(linesOf({ functions: [spi], use: { tpms: UNREAD } })).toEqual([
      'tpm unknown 00:03.0 cannot be checked for a TPM of the host: the snapshot does not contain the data',
    ]);
    expect(linesOf({ functions: [NIC], use: { tpms: UNREAD } })).toEqual([]);
  });
});

describe('memory of a device', () => {
  const CXL = functionHere({ classCode: '050210', driver: 'cxl_pci' });

  it('is in the way while it is memory of the host', () => {
    const systemMemory = [{ name: 'region0', functions: [ON] }];
    expect(linesOf({ functions: [CXL], use: { systemMemory } })).toEqual([
      'system-memory refuses 00:03.0 has memory that the host uses as system RAM: region0',
    ]);
    const elsewhere = [{ name: 'region0', functions: ['0000:00:04.0' as PciAddress] }];
    expect(linesOf({ functions: [CXL], use: { systemMemory: elsewhere } })).toEqual([]);
  });

  it('may be, for all that is known', () => {
    expect(linesOf({ functions: [CXL], use: { systemMemory: DENIED } })).toHaveLength(1);
    expect(
      linesOf({ functions: [CXL], use: { systemMemory: [{ name: 'region0', functions: UNREAD }] } }),
    ).toHaveLength(1);
    expect(linesOf({ functions: [NIC], use: { systemMemory: DENIED } })).toEqual([]);
  });
});

describe('what is made of a function', () => {
  const made = (name: string): HostThing[] => [{ name, function: ON }];
  const GPU = functionHere({ classCode: '120000', driver: 'gpu' });

  it('is in the way: mediated devices', () => {
    expect(findingsOf({ functions: [GPU], use: { mediatedDevices: made('a297db4a') } })).toMatchObject([
      { name: 'mediated-device', severity: 'refuses', remedy: 'mdevctl stop --uuid a297db4a' },
    ]);
    expect(linesOf({ functions: [GPU], use: { mediatedDevices: DENIED } })).toHaveLength(1);
    expect(linesOf({ functions: [NIC], use: { mediatedDevices: DENIED } })).toEqual([]);
  });

  it('is in the way: devices of vDPA', () => {
    expect(findingsOf({ functions: [NIC], use: { vdpaDevices: made('vdpa0') } })).toMatchObject([
      { name: 'vdpa', severity: 'refuses', remedy: 'vdpa dev del vdpa0' },
    ]);
    const maker = { ...NIC, driver: 'mlx5_core' };
    expect(linesOf({ functions: [maker], use: { vdpaDevices: DENIED } })).toHaveLength(1);
    expect(linesOf({ functions: [NIC], use: { vdpaDevices: DENIED } })).toEqual([]);
  });
});

describe('what a group takes along', () => {
  const AUDIO = functionHere({ address: '0000:00:1f.3', classCode: '040300' });
  const ISA = functionHere({ address: '0000:00:1f.0', classCode: '060100', driver: 'lpc_ich' });
  const BUS = functionHere({ address: '0000:00:1f.4', classCode: '0c0500', driver: 'i801_smbus' });
  const names = (take: string) =>
    findingsOf({ functions: [AUDIO, ISA, BUS], take: [take] }).map(
      ({ name, subject }) => `${name} ${subject}`,
    );

  it('is in the way by name', () => {
    expect(names('0000:00:1f.3')).toEqual(['isa-bridge 0000:00:1f.0', 'smbus 0000:00:1f.4']);
  });

  it('may be an SMBus that is asked for, and no bridge of the board', () => {
    expect(linesOf({ functions: [SMBUS] })).toEqual([]);
    expect(names('0000:00:1f.4')).toEqual(['isa-bridge 0000:00:1f.0']);
  });
});

describe('a console', () => {
  const on = (name: string, source: HostConsole['source'], device: PciAddress | null = ON) => ({
    consoles: [{ name, source, function: device }],
  });
  const SERIAL = functionHere({ classCode: '070002', driver: 'serial' });

  it('on a serial port is freed by the kernel command line', () => {
    const [active] = findingsOf({ functions: [SERIAL], use: on('ttyS4', 'active') });
    expect(active).toMatchObject({ name: 'console', severity: 'refuses' });
    expect(active?.remedy).toMatch(/^remove console=ttyS4 from the kernel command line/);
    const [named] = findingsOf({ functions: [SERIAL], use: on('ttyUSB0', 'command line') });
    expect(named).toMatchObject({ name: 'console', evidence: ['kernel command line: console=ttyUSB0'] });
  });

  it('may be one of virtio', () => {
    const virtio = functionHere({ classCode: '078000', driver: 'virtio-pci' });
    expect(linesOf({ functions: [virtio], use: on('hvc0', 'active', null) })).toEqual([
      'console unknown 00:03.0 cannot be checked: the device of the console hvc0 is unknown',
    ]);
    expect(linesOf({ functions: [virtio], use: on('tty0', 'active', null) })).toEqual([]);
    expect(linesOf({ functions: [SERIAL], use: on('hvc0', 'active', null) })).toEqual([]);
    expect(
      linesOf({ functions: [{ ...virtio, driver: undefined }], use: on('hvc0', 'active', null) }),
    ).toEqual([]);
  });

  it('may go over the network', () => {
    expect(findingsOf({ functions: [NIC], use: on('eth0', 'netconsole') })).toMatchObject([
      { name: 'console', severity: 'refuses', evidence: ['netconsole sends through eth0'] },
    ]);
    expect(findingsOf({ functions: [NIC], use: on('br0', 'netconsole', null) })).toMatchObject([
      { name: 'console', severity: 'unknown' },
    ]);
    expect(linesOf({ functions: [SERIAL], use: on('br0', 'netconsole', null) })).toEqual([]);
  });
});

describe('a console from before any driver, and the kernel debugger', () => {
  const SERIAL = functionHere({ classCode: '070002', driver: 'serial' });
  const USB = functionHere({ classCode: '0c0330', driver: 'xhci_hcd' });
  const on = (name: string, source: HostConsole['source'], device: PciAddress | null) => ({
    consoles: [{ name, source, function: device }],
  });

  it('are in the way where they are', () => {
    expect(findingsOf({ functions: [SERIAL], use: on('ttyS4', 'debugger', ON) })).toMatchObject([
      { name: 'console', severity: 'refuses', evidence: ['kgdboc: the kernel debugger uses ttyS4'] },
    ]);
    expect(findingsOf({ functions: [SERIAL], use: on('pciserial', 'early', ON) })).toMatchObject([
      { name: 'console', severity: 'refuses' },
    ]);
  });

  it('may be on any controller of USB', () => {
    expect(findingsOf({ functions: [USB], use: on('xdbc', 'early', null) })).toMatchObject([
      { name: 'console', severity: 'unknown' },
    ]);
    expect(linesOf({ functions: [SERIAL], use: on('xdbc', 'early', null) })).toEqual([]);
  });
});

describe('the text console', () => {
  const THERE = '0000:00:02.0' as PciAddress;
  const gpu = (bootVga: boolean) => functionHere({ classCode: '030000', driver: 'gpu', bootVga });
  const use = {
    framebufferConsole: true,
    framebuffers: [
      { name: 'fb0', function: THERE },
      { name: 'fb1', function: ON },
    ],
  };

  it('is on the first framebuffer, or on that of the boot display', () => {
    expect(linesOf({ functions: [gpu(false)], use })).toEqual([]);
    expect(linesOf({ functions: [gpu(true)], use })).toContain(
      'console refuses 00:03.0 has a console of the host: fb1',
    );
    const first = [{ name: 'fb0', function: ON }];
    expect(linesOf({ functions: [gpu(false)], use: { ...use, framebuffers: first } })).toHaveLength(1);
  });

  it('may be on any if the kernel command line says so, or if that is not known', () => {
    expect(linesOf({ functions: [gpu(false)], use: { ...use, framebufferMap: 'map:1' } })).toHaveLength(1);
    expect(linesOf({ functions: [gpu(false)], use: { ...use, framebufferMap: DENIED } })).toHaveLength(1);
  });
});

describe('work of the kernel', () => {
  const ENGINE = functionHere({ classCode: '088000', driver: 'ioatdma' });
  const work = (facts: Partial<KernelWork> = {}): { kernelWork: KernelWork[] } => ({
    kernelWork: [{ name: 'dma0chan0', kind: 'dma', evidence: 'in_use is 1', functions: [ON], ...facts }],
  });

  it('is in the way', () => {
    expect(linesOf({ functions: [ENGINE], use: work() })).toEqual([
      'kernel-use refuses 00:03.0 is in use by the kernel: copying by dma0chan0',
    ]);
    const elsewhere = ['0000:00:04.0' as PciAddress];
    expect(linesOf({ functions: [ENGINE], use: work({ functions: elsewhere }) })).toEqual([]);
  });

  it('may be that of another function of the driver', () => {
    const functions = [ON, '0000:00:04.0' as PciAddress];
    expect(
      linesOf({ functions: [ENGINE], use: work({ kind: 'algorithms', name: 'qat', functions }) }),
    ).toEqual([
      'kernel-use unknown 00:03.0 cannot be checked: the kernel uses this device or another device of its driver: cryptography or compression of qat',
    ]);
  });

  it('is not that of a serial port for itself', () => {
    const own = functionHere({ classCode: '0c8000', driver: 'intel-lpss' });
    expect(linesOf({ functions: [own], use: work() })).toEqual([]);
  });

  it('is not known of engines if it could not be read', () => {
    expect(linesOf({ functions: [ENGINE], use: { kernelWork: DENIED } })).toHaveLength(1);
    expect(linesOf({ functions: [NIC], use: { kernelWork: DENIED } })).toEqual([]);
  });
});

describe('a keyboard that comes by Bluetooth', () => {
  const USB = functionHere({ classCode: '0c0330', driver: 'xhci_hcd' });
  const keyboard = (facts: Partial<InputDevice>): InputDevice => ({
    name: 'input9',
    title: 'K380',
    kind: 'keyboard',
    function: null,
    isPs2: false,
    isVirtual: true,
    isBluetooth: true,
    ...facts,
  });
  const bluetoothAdapters = [{ name: 'hci0', function: ON }];

  it('goes with the adapter if there is no other', () => {
    const inputs = [keyboard({})];
    expect(linesOf({ functions: [USB], use: { inputs, bluetoothAdapters } })).toEqual([
      "last-input-usb refuses 00:03.0 has the host's only keyboard: K380",
    ]);
    expect(linesOf({ functions: [USB], use: { inputs, bluetoothAdapters: [] } })).toEqual([]);
    expect(linesOf({ functions: [USB], use: { inputs, bluetoothAdapters: DENIED } })).toHaveLength(1);
    const real = keyboard({ name: 'input1', isPs2: true, isVirtual: false, isBluetooth: false });
    expect(linesOf({ functions: [USB], use: { inputs: [...inputs, real], bluetoothAdapters } })).toEqual([]);
  });
});

describe('a device that is kept for Xen', () => {
  it.each(['pciback', 'xen-pciback'])('may be with a domain: %s', (driver) => {
    expect(findingsOf({ functions: [functionHere({ driver })] })).toMatchObject([
      {
        name: 'machine-has-it',
        severity: 'unknown',
        remedy: `return it from Xen: xl pci-assignable-remove ${HERE}`,
      },
    ]);
  });
});

describe('a card that makes no interface', () => {
  it('is one for Bluetooth, and not one for WLAN', () => {
    expect(linesOf({ functions: [functionHere({ classCode: '0d1100', driver: 'btintel_pcie' })] })).toEqual(
      [],
    );
    expect(linesOf({ functions: [functionHere({ classCode: '0d2000', driver: 'ath5k' })] })).toHaveLength(1);
  });
});
