import type { Snapshot } from '../../../lib/host/snapshot/snapshot.ts';
import { buildHost } from '../host-builder.ts';
import { networkInterface } from '../things.ts';
import { gigabitNic, hostBridge, memory, nvmeController, rootPort, usbController } from './functions.ts';

/** The port has no access control, so it shares a group with both functions of the card. */
export function sharedGroup(): Snapshot {
  return buildHost({
    label: 'shared-group',
    iommu: 'dmar0',
    functions: [
      hostBridge({ group: 0 }),
      rootPort('0000:00:01.0', 1, { group: 1, extended: [] }),
      gigabitNic('0000:01:00.0', {
        under: '0000:00:01.0',
        group: 1,
        multifunction: true,
        below: networkInterface('enp1s0f0', '52:54:00:01:00:00'),
      }),
      gigabitNic('0000:01:00.1', {
        under: '0000:00:01.0',
        group: 1,
        multifunction: true,
        driver: 'vfio-pci',
        driverOverride: 'vfio-pci',
        bars: { 0: memory(0xfe860000, 128), 3: memory(0xfe884000, 16) },
        rom: undefined,
        below: { 'vfio-dev/vfio0/dev': '511:0' },
      }),
    ],
  });
}

/** A group is created when a driver is bound: a device without one has none, although the host has groups. */
export function virtioIommu(): Snapshot {
  const virtio = { subsystem: '1af4:1100', revision: '01', resetMethods: '' };
  return buildHost({
    label: 'virtio-iommu',
    functions: [
      hostBridge({ ids: '8086:29c0', subsystem: '1af4:1100' }),
      {
        address: '0000:00:01.0',
        ids: '1af4:1057',
        classCode: '080600',
        driver: 'virtio-pci',
        bars: { 4: memory(0x800000000, 16, 'prefetchable64') },
        ...virtio,
      },
      {
        address: '0000:00:02.0',
        ids: '1af4:1041',
        classCode: '020000',
        driver: 'virtio-pci',
        group: 0,
        below: networkInterface('enp0s2', '52:54:00:00:00:02', 'up', 'virtio1'),
        ...virtio,
      },
      gigabitNic('0000:00:03.0', { driver: undefined }),
    ],
    groups: { 0: { type: 'DMA' } },
  });
}

/** The IOMMU is a PCI function, the only one without a group. */
export function amdIommu(): Snapshot {
  const board = '1022:1450';
  return buildHost({
    label: 'amd-iommu',
    iommu: 'ivhd0',
    functions: [
      hostBridge({ ids: '1022:1450', subsystem: board, group: 0 }),
      { address: '0000:00:00.2', ids: '1022:1451', subsystem: '1022:1451', classCode: '080600' },
      rootPort('0000:00:01.1', 1, { ids: '1022:1453', subsystem: board, group: 1 }),
      nvmeController('0000:01:00.0', { under: '0000:00:01.1', group: 2 }),
    ],
    groups: Object.fromEntries(
      [0, 1, 2].map((group) => [
        group,
        { reservedRegions: ['0x000000fd00000000 0x000000ffffffffff reserved'] },
      ]),
    ),
  });
}

/** Memory of the firmware: `direct` prevents passing a group through, `direct-relaxable` does not. */
export function directRegion(): Snapshot {
  const region = '0x000000007b800000 0x000000007dffffff';
  return buildHost({
    label: 'direct-region',
    iommu: 'dmar0',
    functions: [
      hostBridge({ group: 0 }),
      usbController('0000:00:14.0', { group: 1 }),
      gigabitNic('0000:00:1f.6', { group: 2, driver: 'vfio-pci', driverOverride: 'vfio-pci' }),
    ],
    groups: {
      1: { reservedRegions: [`${region} direct-relaxable`] },
      2: { reservedRegions: ['0x00000000000e8000 0x00000000000e8fff direct'] },
    },
  });
}
