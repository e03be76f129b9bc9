import type { Snapshot } from '../../../lib/host/snapshot/snapshot.ts';
import { buildHost } from '../host-builder.ts';
import type { FunctionSpec } from '../host-spec.ts';
import { networkInterface, nvmeDrive } from '../things.ts';
import { gigabitNic, hostBridge, nvmeController, rootPort } from './functions.ts';

export function noIommu(): Snapshot {
  return buildHost({
    label: 'no-iommu',
    functions: [
      hostBridge(),
      rootPort('0000:00:01.0', 1),
      gigabitNic('0000:01:00.0', {
        under: '0000:00:01.0',
        below: networkInterface('enp1s0', '52:54:00:00:00:01'),
      }),
    ],
  });
}

/** The view of an ordinary user on the most restrictive kernel. */
export function allDenied(): Snapshot {
  const asUser = (spec: FunctionSpec): FunctionSpec => ({
    ...spec,
    readableConfigBytes: 64,
    denied: [...(spec.denied ?? []), 'rom', 'vpd', 'reset_method'],
  });
  const functions = [
    hostBridge({ group: 0 }),
    rootPort('0000:00:01.0', 1, { group: 1 }),
    gigabitNic('0000:01:00.0', { under: '0000:00:01.0', group: 2 }),
    nvmeController('0000:02:00.0', {
      root: 'pci0000:02',
      group: 3,
      below: nvmeDrive(0, 'S0000000', 2 ** 31),
    }),
  ];
  return buildHost({
    label: 'all-denied',
    iommu: 'dmar0',
    groups: Object.fromEntries(
      [0, 1, 2, 3].map((group) => [group, { denied: ['type', 'reserved_regions'] }]),
    ),
    functions: functions.map(asUser),
    change: (tree) => tree.deny('/proc/iomem'),
  });
}

export function vmdDomain(): Snapshot {
  const vmd = '0000:6f:00.5';
  return buildHost({
    label: 'vmd-domain',
    iommu: 'dmar0',
    functions: [
      {
        address: vmd,
        ids: '8086:28c0',
        subsystem: '15d9:1b74',
        classCode: '010400',
        revision: '04',
        driver: 'vmd',
        group: 7,
        numaNode: 0,
        bars: { 0: { kind: 'prefetchable64', at: 0x24fffc000000, sizeBytes: 32 * 1024 * 1024 } },
      },
      rootPort('10000:e0:02.0', 0xe1, { under: vmd, root: 'pci10000:e0', group: 7, numaNode: 0 }),
      nvmeController('10000:e1:00.0', {
        under: '10000:e0:02.0',
        group: 7,
        numaNode: 0,
        below: nvmeDrive(0, 'S64ANS0T000001', 3907029168),
      }),
    ],
  });
}

export function emptyBus(): Snapshot {
  return buildHost({ label: 'empty-bus', functions: [] });
}

export function noPci(): Snapshot {
  return buildHost({ label: 'no-pci' });
}
