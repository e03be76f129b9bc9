import { describe, expect, it } from 'vitest';
import { DENIED, UNREAD } from '../../../lib/base/known.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { HostConsole, HostThing, Watchdog } from '../../../lib/pci/host-use.ts';
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
      'watchdog refuses 00:03.0 has a watchdog that is armed: watchdog0 (iTCO_wdt)',
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
      "tpm unknown 00:03.0 is not cleared: whether the host's TPM is on it is not in what was read of the host",
    ]);
    expect(linesOf({ functions: [NIC], use: { tpms: UNREAD } })).toEqual([]);
  });
});

describe('memory of a device', () => {
  const CXL = functionHere({ classCode: '050210', driver: 'cxl_pci' });

  it('is in the way while it is memory of the host', () => {
    const systemMemory = [{ name: 'region0', functions: [ON] }];
    expect(linesOf({ functions: [CXL], use: { systemMemory } })).toEqual([
      'system-memory refuses 00:03.0 has memory that the host uses as its own: region0',
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
      'console unknown 00:03.0 is not cleared: whether the console hvc0 of the host is on it could not be found out',
    ]);
    expect(linesOf({ functions: [virtio], use: on('tty0', 'active', null) })).toEqual([]);
    expect(linesOf({ functions: [SERIAL], use: on('hvc0', 'active', null) })).toEqual([]);
    expect(
      linesOf({ functions: [{ ...virtio, driver: undefined }], use: on('hvc0', 'active', null) }),
    ).toEqual([]);
  });

  it('may go over the network', () => {
    expect(findingsOf({ functions: [NIC], use: on('eth0', 'netconsole') })).toMatchObject([
      { name: 'console', severity: 'refuses', evidence: ['netconsole sends by eth0'] },
    ]);
    expect(findingsOf({ functions: [NIC], use: on('br0', 'netconsole', null) })).toMatchObject([
      { name: 'console', severity: 'unknown' },
    ]);
    expect(linesOf({ functions: [SERIAL], use: on('br0', 'netconsole', null) })).toEqual([]);
  });
});
