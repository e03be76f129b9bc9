import type { Snapshot } from '../../../lib/host/snapshot/snapshot.ts';
import { capability, extended } from '../config-bytes.ts';
import { buildHost } from '../host-builder.ts';
import type { FunctionSpec } from '../host-spec.ts';
import { display, networkInterface, nvmeDrive, soundCard, usbBus } from '../things.ts';
import { hostBridge, memory, nvmeController, rootPort, usbController } from './functions.ts';

/** A workstation with every readable identity. */
export function gpuDesktop(): Snapshot {
  return buildHost({
    label: 'gpu-desktop',
    iommu: 'dmar0',
    commandLine: 'BOOT_IMAGE=/vmlinuz-6.12.9-amd64 root=/dev/nvme0n1p1 ro intel_iommu=on iommu=pt',
    slots: { 4: '0000:03:00' },
    aliases: [
      'alias pci:v000010DEd*sv*sd*bc03sc00i00* nouveau',
      'alias pci:v000010DEd*sv*sd*bc03sc02i00* nouveau',
      'alias pci:v000010DEd*sv*sd*bc04sc03i00* snd_hda_intel',
      'alias pci:v*d*sv*sd*bc01sc08i02* nvme',
      'alias pci:v*d*sv*sd*bc0Csc03i30* xhci_pci',
      'alias pci:v00008086d00001533sv*sd*bc*sc*i* igb',
      'alias usb:v1D6Bp0002d*dc*dsc*dp*ic*isc*ip*in* usbcore',
      'alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci',
    ],
    functions: [
      hostBridge({ group: 0 }),
      rootPort('0000:00:01.0', 1, { group: 1 }),
      rootPort('0000:00:06.0', 2, { group: 2 }),
      usbController('0000:00:14.0', { group: 3, below: { ...usbBus(1), ...usbBus(2) } }),
      rootPort('0000:00:1c.0', 3, { group: 4 }),
      graphics(),
      graphicsAudio(),
      nvmeController('0000:02:00.0', {
        under: '0000:00:06.0',
        group: 6,
        below: nvmeDrive(0, 'S5GXNX0T000042', 1953525168),
      }),
      network(),
    ],
  });
}

function graphics(): FunctionSpec {
  return {
    address: '0000:01:00.0',
    under: '0000:00:01.0',
    ids: '10de:2206',
    subsystem: '1043:87ce',
    classCode: '030000',
    revision: 'a1',
    driver: 'nouveau',
    group: 5,
    multifunction: true,
    bars: {
      0: memory(0xa2000000, 16384),
      1: memory(0x6000000000, 256 * 1024, 'prefetchable64'),
      3: memory(0x6010000000, 32768, 'prefetchable64'),
      5: { kind: 'io', at: 0x4000, sizeBytes: 128 },
    },
    // The kernel returns the firmware's copy instead of the ROM of the card, as for every boot display.
    rom: { at: 0xc0000, sizeBytes: 128 * 1024, isShadow: true },
    capabilities: [
      capability.powerManagement(),
      capability.msi(),
      capability.express({ type: 'endpoint', speed: 4, width: 16 }),
    ],
    extended: [extended.errorReporting()],
    resetMethods: 'bus',
    link: ['2.5 GT/s PCIe', 16, '16.0 GT/s PCIe', 16],
    bootVga: true,
    below: display(0, 'HDMI-A-1'),
  };
}

function graphicsAudio(): FunctionSpec {
  return {
    address: '0000:01:00.1',
    under: '0000:00:01.0',
    ids: '10de:1aef',
    subsystem: '1043:87ce',
    classCode: '040300',
    revision: 'a1',
    driver: 'snd_hda_intel',
    group: 5,
    multifunction: true,
    bars: { 0: memory(0xa3080000, 16) },
    capabilities: [
      capability.powerManagement(),
      capability.express({ type: 'endpoint', speed: 4, width: 16 }),
    ],
    extended: [],
    resetMethods: 'bus',
    link: ['16.0 GT/s PCIe', 16, '16.0 GT/s PCIe', 16],
    below: soundCard(1),
  };
}

function network(): FunctionSpec {
  return {
    address: '0000:03:00.0',
    under: '0000:00:1c.0',
    ids: '8086:1533',
    subsystem: '8086:0001',
    classCode: '020000',
    revision: '03',
    driver: 'igb',
    group: 7,
    bars: {
      0: memory(0xa4000000, 1024),
      2: { kind: 'io', at: 0x3000, sizeBytes: 32 },
      3: memory(0xa4100000, 16),
    },
    capabilities: [
      capability.powerManagement(),
      capability.msi(),
      capability.msiX(5),
      capability.express({ type: 'endpoint', flr: true, speed: 1, width: 1 }),
      capability.productData(),
    ],
    extended: [extended.errorReporting(), extended.serialNumber('a0-36-9f-ff-ff-12-34-56')],
    resetMethods: 'flr bus',
    link: ['2.5 GT/s PCIe', 1, '2.5 GT/s PCIe', 1],
    label: 'Onboard LAN 1',
    vpd: productData('Gigabit Network Connection', { PN: 'G12345-001', SN: 'A0369F123456' }),
    below: networkInterface('enp3s0', 'a0:36:9f:12:34:56'),
  };
}

/** Vital product data: an identifier, the fields, and the byte that makes the sum 0. */
function productData(name: string, fields: Readonly<Record<string, string>>): Uint8Array {
  const text = (value: string): number[] => [...value].map((character) => character.charCodeAt(0));
  const body = Object.entries(fields).flatMap(([key, value]) => [...text(key), value.length, ...text(value)]);
  const bytes = [0x82, name.length, 0, ...text(name), 0x90, body.length + 4, 0, ...body, ...text('RV'), 1];
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return Uint8Array.from([...bytes, -sum & 0xff, 0x78]);
}
