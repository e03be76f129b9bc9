import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { MachineModule } from '../../../../facts/host-facts.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

const NEEDED = ['vfio', 'vfio_pci', 'vfio_iommu_type1'] as const satisfies readonly MachineModule[];

/** Nothing keeps VFIO from being loaded. */
export const vfioBlocked: HostRule = {
  id: 'vfio-blocked',
  title: 'nothing keeps VFIO from being loaded',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'No `blacklist` and no `install … /bin/false` of modprobe.d(5), nor `modprobe.blacklist=` or `module_blacklist=` on the kernel command line, is about the modules of VFIO. libvirt heeds them when it loads one (`modprobe -b`).',
  evaluate: ({ facts: { modules } }) => {
    const unknown = NEEDED.map((name) => modules[name].blocks).find(isUnknown);
    const blocked = NEEDED.filter((name) => (knownValue(modules[name].blocks) ?? []).length > 0);
    const evidence = blocked.flatMap((name) => knownValue(modules[name].blocks) ?? []);
    if (blocked.length === 0) {
      return unknown === undefined
        ? holds('nothing is in the way')
        : unknownVerdict('what modprobe keeps back', unknown);
    }
    const isLoaded = blocked.every((name) => knownValue(modules[name].isLoaded) === true);
    return violated(
      isLoaded
        ? `${blocked.join(', ')} will not be loaded at the next boot`
        : `${blocked.join(', ')} is kept from being loaded: libvirt can hand over no device`,
      {
        evidence,
        remedy: `take it out: ${evidence.join('; ')}`,
        ...(isLoaded ? { grade: 'warn' as const } : {}),
      },
    );
  },
};
