import { describe, expect, it } from 'vitest';
import { capability, extended } from '../support/config-bytes.ts';
import { hostWriter } from '../support/differences.ts';
import { gigabitNic, memory } from '../support/hosts/functions.ts';
import { BUNDLED_NAMES, pci } from '../support/pci-program.ts';
import { networkInterface } from '../support/things.ts';

const hostOf = hostWriter();

// A card with two VFs, and what the documentation promises of each key: these stay, whatever comes besides.
const host = hostOf(
  {
    address: '0000:01:00.0',
    root: 'pci0000:01',
    ids: '8086:10c9',
    subsystem: '8086:a03c',
    classCode: '020000',
    revision: '01',
    driver: 'igb',
    group: 10,
    bars: { 0: memory(0xfe800000, 128) },
    rom: { at: 0xfe840000, sizeBytes: 262144 },
    capabilities: [capability.powerManagement(), capability.express({ type: 'endpoint', flr: true })],
    extended: [extended.sriov({ total: 8, active: 2, offset: 128, stride: 2, vfDevice: '10ca' })],
    resetMethods: 'flr pm bus',
    sriov: {
      total: 7,
      active: 2,
      offset: 128,
      stride: 2,
      vfDevice: '10ca',
      vf: (index) => ({ group: 17 + index, driver: index === 0 ? 'vfio-pci' : undefined }),
    },
    below: networkInterface('enp1s0', '02:00:00:00:00:01'),
  },
  gigabitNic('0000:02:00.0', { root: 'pci0000:02', denied: ['reset_method', 'resource', 'driver_override'] }),
);

const { stdout } = await pci(['list', '--json', '--host', host, ...BUNDLED_NAMES]);
const document = JSON.parse(stdout) as { devices: object[] };

describe('pci list --json', () => {
  it('has a physical function as documented', () => {
    expect(document.devices[0]).toMatchObject({
      address: '0000:01:00.0',
      class: { code: '020000', name: 'Ethernet controller' },
      vendor: { id: '8086', name: 'Intel Corporation' },
      device: { id: '10c9', name: '82576 Gigabit Network Connection' },
      subsystem: { vendorId: '8086', deviceId: 'a03c', name: expect.any(String) },
      revision: '01',
      driver: 'igb',
      driverOverride: null,
      iommuGroup: 10,
      numaNode: null,
      bars: [
        {
          index: 0,
          kind: 'memory',
          address: '0xfe800000',
          sizeBytes: 131072,
          width: 32,
          prefetchable: false,
        },
      ],
      rom: { sizeBytes: 262144 },
      resetMethods: ['flr', 'pm', 'bus'],
      bootVga: null,
      sriov: { role: 'pf', totalVfs: 7, numVfs: 2, virtualFunctions: ['0000:01:10.0', '0000:01:10.2'] },
      netInterfaces: ['enp1s0'],
      blockDevices: [],
    });
  });

  it('has a virtual function as documented', () => {
    expect(document.devices[2]).toMatchObject({
      address: '0000:01:10.2',
      device: { id: '10ca' },
      driver: null,
      iommuGroup: 18,
      bars: [],
      rom: null,
      resetMethods: null,
      sriov: { role: 'vf', physicalFunction: '0000:01:00.0', index: 1 },
      netInterfaces: [],
    });
  });

  it('tells what could not be read from what is not there', () => {
    expect(document.devices[3]).toMatchObject({
      sriov: null,
      iommuGroup: null,
      driverOverride: { unknown: 'denied' },
      resetMethods: { unknown: 'denied' },
      bars: { unknown: 'denied' },
      rom: { unknown: 'denied' },
    });
  });

  it('is a device a line, with its keys in an order that stays', () => {
    expect(Object.keys(document)).toEqual(['schema', 'host', 'devices', 'diagnostics']);
    const keys = document.devices.map((device) => Object.keys(device).join(' '));
    expect(new Set(keys)).toEqual(
      new Set([
        'address class vendor device subsystem revision driver driverOverride iommuGroup numaNode bars rom ' +
          'resetMethods bootVga sriov netInterfaces blockDevices',
      ]),
    );
    expect(stdout.split('\n').filter((line) => line.startsWith('{"address":'))).toHaveLength(4);
  });
});
