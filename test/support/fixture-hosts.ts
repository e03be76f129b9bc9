import type { Snapshot } from '../../lib/host/snapshot/snapshot.ts';
import { brokenConfig, hostileNames } from './hosts/damaged-hosts.ts';
import { gpuDesktop } from './hosts/gpu-desktop.ts';
import { amdIommu, directRegion, sharedGroup, virtioIommu } from './hosts/iommu-hosts.ts';
import { allDenied, emptyBus, noIommu, noPci, vmdDomain } from './hosts/plain-hosts.ts';
import { sixtyFourVfs } from './hosts/sixty-four-vfs.ts';

/** The hosts that were made by hand, by name: each tests one aspect. `fixtures/NAME.snapshot` contains each as text. */
export const FIXTURE_HOSTS = {
  'all-denied': allDenied,
  'amd-iommu': amdIommu,
  'broken-config': brokenConfig,
  'direct-region': directRegion,
  'empty-bus': emptyBus,
  'gpu-desktop': gpuDesktop,
  'hostile-names': hostileNames,
  'no-iommu': noIommu,
  'no-pci': noPci,
  'shared-group': sharedGroup,
  'sixty-four-vfs': sixtyFourVfs,
  'virtio-iommu': virtioIommu,
  'vmd-domain': vmdDomain,
} as const satisfies Readonly<Record<string, () => Snapshot>>;

export type MadeFixture = keyof typeof FIXTURE_HOSTS;

export const MADE_FIXTURES = Object.keys(FIXTURE_HOSTS) as readonly MadeFixture[];

/** The hosts that were captured in the machines of the lab, with a real kernel. See `test/lab/readers-*.test.ts`. */
export const CAPTURED_FIXTURES = [
  'lab-amd',
  'lab-intel',
  'lab-intel-vfio',
  'lab-none',
  'lab-virtio',
] as const;

/** Every host that is in `fixtures/`. */
export const FIXTURE_NAMES: readonly string[] = [...MADE_FIXTURES, ...CAPTURED_FIXTURES];
