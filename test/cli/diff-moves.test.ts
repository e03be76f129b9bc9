import { describe, expect, it } from 'vitest';
import { capability, extended } from '../support/config-bytes.ts';
import { differences, hostWriter } from '../support/differences.ts';
import type { FunctionSpec } from '../support/host-spec.ts';
import { gigabitNic, hostBridge, nvmeController, rootPort } from '../support/hosts/functions.ts';
import { pciInside } from '../support/pci-program.ts';
import { networkInterface, nvmeDrive } from '../support/things.ts';

const hostOf = hostWriter();

const port = (slot: string, bus: number, more: Partial<FunctionSpec> = {}): FunctionSpec =>
  rootPort(`0000:00:${slot}.0`, bus, { group: bus, ...more });
const under = (slot: string) => ({ under: `0000:00:${slot}.0` });
const drive = (
  address: string,
  slot: string,
  serial: string,
  more: Partial<FunctionSpec> = {},
): FunctionSpec =>
  nvmeController(address, { ...under(slot), group: 20, below: nvmeDrive(0, serial, 1000), ...more });
const nic = (address: string, slot: string, mac: string, more: Partial<FunctionSpec> = {}): FunctionSpec =>
  gigabitNic(address, { ...under(slot), group: 30, below: networkInterface('eth0', mac), ...more });
const card = (
  address: string,
  slot: string,
  serial: string,
  more: Partial<FunctionSpec> = {},
): FunctionSpec =>
  gigabitNic(address, {
    ...under(slot),
    capabilities: [capability.express({ type: 'endpoint' })],
    extended: [extended.serialNumber(serial)],
    ...more,
  });

const BRIDGE = hostBridge({ group: 0 });
const A = '52:54:00:00:00:0a';
const B = '52:54:00:00:00:0b';
const SERIAL_A = '00-00-00-ff-ff-00-00-0a';
const SERIAL_B = '00-00-00-ff-ff-00-00-0b';
const lone = (more: Partial<FunctionSpec> = {}): readonly FunctionSpec[] => [
  BRIDGE,
  gigabitNic('0000:00:19.0', { group: 1, ...more }),
];

describe('devices that diff finds again', () => {
  it.each<readonly [string, string, string, readonly string[]]>([
    ['nothing', hostOf(...lone()), hostOf(...lone()), []],
    ['a device more', hostOf(BRIDGE), hostOf(...lone()), ['came 00:19.0']],
    ['a device less', hostOf(...lone()), hostOf(BRIDGE), ['gone 00:19.0']],
    [
      'another device in its place',
      hostOf(...lone()),
      hostOf(...lone({ ids: '8086:1533' })),
      ['gone 00:19.0', 'came 00:19.0'],
    ],
    // Buses are numbered anew when a card comes: what has the same path below the root is the same.
    [
      'buses numbered anew',
      hostOf(BRIDGE, port('06', 2), drive('0000:02:00.0', '06', 'S5GXNX0T000042')),
      hostOf(BRIDGE, port('01', 1), port('06', 3), drive('0000:03:00.0', '06', 'S5GXNX0T000042')),
      ['came 00:01.0', 'moved 02:00.0 > 03:00.0'],
    ],
    [
      'a drive in another slot, by its serial number',
      hostOf(BRIDGE, port('01', 1), port('06', 2), drive('0000:01:00.0', '01', 'S5GXNX0T000042')),
      hostOf(BRIDGE, port('01', 1), port('06', 2), drive('0000:02:00.0', '06', 'S5GXNX0T000042')),
      ['moved 01:00.0 > 02:00.0'],
    ],
    [
      'a network card in another slot, by its MAC',
      hostOf(BRIDGE, port('01', 1), port('06', 2), nic('0000:01:00.0', '01', A)),
      hostOf(BRIDGE, port('01', 1), port('06', 2), nic('0000:02:00.0', '06', A)),
      ['moved 01:00.0 > 02:00.0'],
    ],
    [
      'a network card in another slot, on vfio-pci before, by its serial number',
      hostOf(
        BRIDGE,
        port('01', 1),
        port('06', 2),
        card('0000:01:00.0', '01', SERIAL_A, { driver: 'vfio-pci' }),
      ),
      hostOf(BRIDGE, port('01', 1), port('06', 2), card('0000:02:00.0', '06', SERIAL_A)),
      ['moved 01:00.0 > 02:00.0 driver'],
    ],
    [
      'twins that changed places, by their serial numbers',
      hostOf(
        BRIDGE,
        port('01', 1),
        port('06', 2),
        drive('0000:01:00.0', '01', 'SERIALA'),
        drive('0000:02:00.0', '06', 'SERIALB', { group: 21 }),
      ),
      hostOf(
        BRIDGE,
        port('01', 1),
        port('06', 2),
        drive('0000:01:00.0', '01', 'SERIALB'),
        drive('0000:02:00.0', '06', 'SERIALA', { group: 21 }),
      ),
      ['moved 02:00.0 > 01:00.0', 'moved 01:00.0 > 02:00.0'],
    ],
    [
      'twins of which one went, and the other moved into its place',
      hostOf(
        BRIDGE,
        port('01', 1),
        port('06', 2),
        nic('0000:01:00.0', '01', A),
        nic('0000:02:00.0', '06', B, { group: 31 }),
      ),
      hostOf(BRIDGE, port('01', 1), port('06', 2), nic('0000:01:00.0', '01', B)),
      ['gone 01:00.0', 'moved 02:00.0 > 01:00.0'],
    ],
    [
      'a card of two functions in another slot',
      hostOf(
        BRIDGE,
        port('01', 1),
        port('06', 2),
        card('0000:01:00.0', '01', SERIAL_B),
        card('0000:01:00.1', '01', SERIAL_B),
      ),
      hostOf(
        BRIDGE,
        port('01', 1),
        port('06', 2),
        card('0000:02:00.0', '06', SERIAL_B),
        card('0000:02:00.1', '06', SERIAL_B),
      ),
      ['moved 01:00.0 > 02:00.0', 'moved 01:00.1 > 02:00.1'],
    ],
    [
      'without serial number or MAC, in another slot: another device',
      hostOf(BRIDGE, port('01', 1), port('06', 2), gigabitNic('0000:01:00.0', { ...under('01'), group: 30 })),
      hostOf(BRIDGE, port('01', 1), port('06', 2), gigabitNic('0000:02:00.0', { ...under('06'), group: 30 })),
      ['gone 01:00.0', 'came 02:00.0'],
    ],
    [
      'a companion that moved is the same companion',
      hostOf(BRIDGE, port('01', 1), port('06', 2, { group: 20 }), drive('0000:02:00.0', '06', 'SERIALA')),
      hostOf(BRIDGE, port('01', 1), port('06', 3, { group: 20 }), drive('0000:03:00.0', '06', 'SERIALA')),
      ['moved 02:00.0 > 03:00.0'],
    ],
  ])('%s', async (_, before, after, expected) => {
    expect(await differences(before, after)).toEqual(expected);
  });
});

describe('what diff says a device was found by', () => {
  const PORTS = [BRIDGE, port('01', 1), port('06', 2)];

  it.each<readonly [string, readonly FunctionSpec[], readonly FunctionSpec[], string]>([
    [
      'the serial number of a drive',
      [...PORTS, drive('0000:01:00.0', '01', 'S5GXNX0T000042')],
      [...PORTS, drive('0000:02:00.0', '06', 'S5GXNX0T000042')],
      'serial S5GXNX0T000042',
    ],
    [
      'the MAC of a network card',
      [...PORTS, nic('0000:01:00.0', '01', A)],
      [...PORTS, nic('0000:02:00.0', '06', A)],
      `MAC ${A}`,
    ],
    [
      'both',
      [...PORTS, card('0000:01:00.0', '01', SERIAL_A, { below: networkInterface('eth0', A) })],
      [...PORTS, card('0000:02:00.0', '06', SERIAL_A, { below: networkInterface('eth0', A) })],
      `serial ${SERIAL_A}, MAC ${A}`,
    ],
    [
      'its path where it has neither',
      [BRIDGE, port('06', 2), gigabitNic('0000:02:00.0', { ...under('06'), group: 30 })],
      [BRIDGE, port('06', 3), gigabitNic('0000:03:00.0', { ...under('06'), group: 30 })],
      'path pci0000:00/06.0/00.0',
    ],
  ])('%s', async (_, before, after, expected) => {
    const { stdout } = await pciInside(['diff', hostOf(...before), hostOf(...after)]);
    expect(stdout.split('\n').slice(1, 2)).toEqual([`           found by ${expected}`]);
  });
});
