import { capability, extended } from '../config-bytes.ts';
import type { FunctionSpec, RangeSpec } from '../host-spec.ts';

/*
 * Functions that several hosts have; each host may override parts.
 */
type Overrides = Partial<FunctionSpec>;

/** A range of memory; sizes in KiB. */
export function memory(at: number, sizeKib: number, kind: RangeSpec['kind'] = 'memory32'): RangeSpec {
  return { kind, at, sizeBytes: sizeKib * 1024 };
}

export function hostBridge(overrides: Overrides = {}): FunctionSpec {
  return {
    address: '0000:00:00.0',
    ids: '8086:4660',
    subsystem: '1028:0b1a',
    classCode: '060000',
    ...overrides,
  };
}

/** A root port with access control, and with ARI forwarding enabled. */
export function rootPort(address: string, secondary: number, overrides: Overrides = {}): FunctionSpec {
  return {
    address,
    ids: '8086:460d',
    subsystem: '1028:0b1a',
    classCode: '060400',
    revision: '02',
    driver: 'pcieport',
    bridge: { secondary, subordinate: secondary },
    capabilities: [
      capability.express({ type: 'root-port', slot: secondary, speed: 4, width: 16, ariForwarding: true }),
      capability.msi(),
      capability.powerManagement(),
    ],
    extended: [extended.errorReporting(), extended.accessControl(0x1f, 0x1d)],
    link: ['8.0 GT/s PCIe', 4, '16.0 GT/s PCIe', 16],
    ...overrides,
  };
}

/** Intel's gigabit NIC with two functions, one of them here. */
export function gigabitNic(address: string, overrides: Overrides = {}): FunctionSpec {
  return {
    address,
    ids: '8086:10d3',
    subsystem: '8086:a01f',
    classCode: '020000',
    driver: 'e1000e',
    bars: {
      0: memory(0xfe840000, 128),
      2: { kind: 'io', at: 0xc000, sizeBytes: 32 },
      3: memory(0xfe880000, 16),
    },
    rom: { at: 0xfe800000, sizeBytes: 256 * 1024 },
    capabilities: [
      capability.powerManagement(),
      capability.msi(),
      capability.express({ type: 'endpoint', flr: true, speed: 1, width: 1 }),
      capability.msiX(5),
    ],
    extended: [extended.errorReporting()],
    resetMethods: 'flr bus',
    link: ['2.5 GT/s PCIe', 1, '2.5 GT/s PCIe', 1],
    ...overrides,
  };
}

export function nvmeController(address: string, overrides: Overrides = {}): FunctionSpec {
  return {
    address,
    ids: '144d:a808',
    subsystem: '144d:a801',
    classCode: '010802',
    driver: 'nvme',
    bars: { 0: memory(0xfe700000, 16, 'memory64') },
    capabilities: [
      capability.powerManagement(),
      capability.msi(),
      capability.express({ type: 'endpoint', flr: true, speed: 3, width: 4 }),
      capability.msiX(33),
    ],
    extended: [extended.errorReporting()],
    resetMethods: 'flr bus',
    link: ['8.0 GT/s PCIe', 4, '8.0 GT/s PCIe', 4],
    ...overrides,
  };
}

export function usbController(address: string, overrides: Overrides = {}): FunctionSpec {
  return {
    address,
    ids: '8086:7ae0',
    subsystem: '1028:0b1a',
    classCode: '0c0330',
    revision: '11',
    driver: 'xhci_hcd',
    bars: { 0: memory(0x603f200000, 64, 'memory64') },
    capabilities: [capability.powerManagement({ noSoftReset: true }), capability.msi()],
    resetMethods: 'pm',
    ...overrides,
  };
}
