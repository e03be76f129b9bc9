import type { Snapshot } from '../../lib/host/snapshot.ts';
import { brokenConfig, hostileNames } from './hosts/damaged-hosts.ts';
import { gpuDesktop } from './hosts/gpu-desktop.ts';
import { amdIommu, directRegion, sharedGroup, virtioIommu } from './hosts/iommu-hosts.ts';
import { allDenied, emptyBus, noIommu, noPci, vmdDomain } from './hosts/plain-hosts.ts';
import { sixtyFourVfs } from './hosts/sixty-four-vfs.ts';

/** The hosts made by hand, by name: each makes one point. `fixtures/NAME.snapshot` holds each as text. */
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

export type FixtureName = keyof typeof FIXTURE_HOSTS;

export const FIXTURE_NAMES = Object.keys(FIXTURE_HOSTS) as readonly FixtureName[];
