import { knownValue } from '../../base/known.ts';
import type { HostFacts, MachineModule } from '../../facts/host-facts.ts';
import { installRemedy } from './remedies.ts';

/** Every VFIO driver of PCI devices depends on these. */
const NEEDED = ['vfio', 'vfio_pci', 'vfio_iommu_type1'] as const satisfies readonly MachineModule[];

/** Why the kernel does not load the VFIO drivers, with a remedy; `null` if no problem is known. */
export function vfioProblem({ modules, distribution }: Pick<HostFacts, 'modules' | 'distribution'>): {
  readonly message: string;
  readonly remedy: string;
} | null {
  const needed = NEEDED.filter((name) => knownValue(modules[name].isLoaded) !== true);
  const blocks = [...new Set(needed.flatMap((name) => knownValue(modules[name].blocks) ?? []))];
  if (blocks.length > 0) {
    return {
      message: `cannot be loaded, because the configuration of this host forbids it: ${blocks.join('; ')}`,
      remedy: `remove ${blocks.length === 1 ? 'that' : 'those'}, and try again: sudo modprobe vfio-pci`,
    };
  }
  const missing = needed.filter((name) => modules[name].supply === null);
  if (missing.length === 0) return null;
  return {
    message: `the kernel has no module ${missing.join(', ')}: it is neither built in nor in modules.dep`,
    remedy: installRemedy('kernel', distribution),
  };
}
