import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { MachineModule } from '../../../../facts/host-facts.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

const NEEDED = ['vfio', 'vfio_pci', 'vfio_iommu_type1'] as const satisfies readonly MachineModule[];

export const vfioBlocked: HostRule = {
  id: 'vfio-blocked',
  title: 'VFIO modules may be loaded',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'No `blacklist` and no `install … /bin/false` of modprobe.d(5), and no `modprobe.blacklist=` or `module_blacklist=` on the kernel command line, names a VFIO module. libvirt respects them when it loads one (`modprobe -b`).',
  evaluate: ({ facts: { modules } }) => {
    const unknown = NEEDED.map((name) => modules[name].blocks).find(isUnknown);
    const blocked = NEEDED.filter((name) => (knownValue(modules[name].blocks) ?? []).length > 0);
    const evidence = blocked.flatMap((name) => knownValue(modules[name].blocks) ?? []);
    if (blocked.length === 0) {
      return unknown === undefined
        ? holds('nothing prevents it')
        : unknownVerdict('modules that modprobe blocks', unknown);
    }
    const isLoaded = blocked.every((name) => knownValue(modules[name].isLoaded) === true);
    return violated(
      isLoaded
        ? `${blocked.join(', ')} will not be loaded at the next boot`
        : `${blocked.join(', ')} must not be loaded: libvirt can pass no device through`,
      {
        evidence,
        remedy: `remove it: ${evidence.join('; ')}`,
        ...(isLoaded ? { grade: 'warn' as const } : {}),
      },
    );
  },
};
