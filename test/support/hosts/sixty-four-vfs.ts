import type { Snapshot } from '../../../lib/host/snapshot/snapshot.ts';
import { capability, extended } from '../config-bytes.ts';
import { buildHost } from '../host-builder.ts';
import type { FunctionSpec } from '../host-spec.ts';
import { networkInterface } from '../things.ts';
import { memory, rootPort } from './functions.ts';

const COUNT = 64;
const PLACES = { offset: 384, stride: 2, vfDevice: '154c' };

/** All VFs are on bus 04, the one after that of the PF. The driver allows 64, although the registers have 128. */
export function sixtyFourVfs(): Snapshot {
  const bridge = { secondary: 3, subordinate: 4 };
  return buildHost({
    label: 'sixty-four-vfs',
    iommu: 'dmar0',
    functions: [rootPort('0000:00:03.0', 3, { group: 1, bridge, numaNode: 0 }), physicalFunction()],
  });
}

function physicalFunction(): FunctionSpec {
  return {
    address: '0000:03:00.0',
    under: '0000:00:03.0',
    ids: '8086:1572',
    subsystem: '8086:0007',
    classCode: '020000',
    revision: '02',
    driver: 'i40e',
    group: 20,
    numaNode: 0,
    bars: { 0: memory(0xfb000000, 8192, 'prefetchable64'), 3: memory(0xfb800000, 32, 'prefetchable64') },
    capabilities: [
      capability.powerManagement(),
      capability.msiX(129),
      capability.express({ type: 'endpoint', flr: true, speed: 3, width: 8 }),
    ],
    extended: [
      extended.errorReporting(),
      extended.serialNumber('68-05-ca-ff-ff-00-00-01'),
      extended.alternativeRouting(0),
      extended.sriov({ total: 128, active: COUNT, ...PLACES }),
      extended.accessControl(0, 0),
    ],
    resetMethods: 'flr bus',
    link: ['8.0 GT/s PCIe', 8, '8.0 GT/s PCIe', 8],
    below: networkInterface('enp3s0f0', '52:54:00:03:00:00'),
    sriov: { total: COUNT, active: COUNT, ...PLACES, vf: virtualFunction },
  };
}

/** The first belongs to the host, the second to a VM; the others have no driver. */
function virtualFunction(index: number): Partial<FunctionSpec> {
  return {
    group: 21 + index,
    driver: ['iavf', 'vfio-pci'][index],
    resetMethods: 'flr',
    capabilities: [
      capability.msiX(5),
      capability.express({ type: 'endpoint', flr: true, speed: 3, width: 8 }),
    ],
    extended: [extended.alternativeRouting(0), extended.accessControl(0, 0)],
    bars: { 0: memory(0xfc000000 + index * 0x10000, 64, 'prefetchable64') },
    ...(index === 0 ? { below: networkInterface('enp3s0f0v0', '52:54:00:03:00:01') } : {}),
  };
}
