import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { MachineModule } from '../../../../facts/host-facts.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

const NEEDED = ['vfio_pci', 'vfio_iommu_type1'] as const satisfies readonly MachineModule[];

export const vfioModules: HostRule = {
  id: 'vfio-modules',
  title: 'the kernel has VFIO',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'The modules `vfio_pci` and `vfio_iommu_type1`, which pass devices to VMs, are loaded, built in (`modules.builtin`), or available (`modules.dep`). Cloud kernels often lack them.',
  evaluate: ({ facts: { modules, distribution } }) => {
    const missing = NEEDED.filter((name) => {
      const { isLoaded, supply } = modules[name];
      return knownValue(isLoaded) !== true && knownValue(supply) === undefined;
    });
    if (missing.length === 0) {
      const ready = NEEDED.map((name) => {
        const how = knownValue(modules[name].isLoaded) ? 'loaded' : knownValue(modules[name].supply);
        return `${name}: ${how}`;
      });
      return holds('the kernel has VFIO', ...ready);
    }
    const unknown = missing.map((name) => modules[name].supply).find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('VFIO in the kernel', unknown);
    return violated(`the kernel has no ${missing.join(', ')}: it can pass no device through`, {
      evidence: ['neither in /sys/module, nor in modules.builtin or modules.dep of the kernel'],
      remedy: installRemedy('kernel', distribution),
    });
  },
};
