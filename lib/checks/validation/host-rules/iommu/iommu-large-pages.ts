import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const iommuLargePages: HostRule = {
  id: 'iommu-large-pages',
  title: 'the IOMMU maps large pages',
  grade: 'note',
  purposes: ['passthrough'],
  meaning:
    'The IOMMU can map 2 MiB with one entry (`cap` of Intel units). If not, the memory of a VM is mapped in pieces of 4 KiB: the VM takes longer to start, and huge pages help little.',
  evaluate: ({ facts: { iommuUnits } }) => {
    if (iommuUnits.length === 0) return doesNotApply('no IOMMU unit is in use');
    const unknown = iommuUnits.map(({ largePages }) => largePages).find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('page sizes of the IOMMU', unknown);
    const told = iommuUnits.filter(({ largePages }) => largePages !== null);
    if (told.length === 0) return doesNotApply('this kind of IOMMU does not report it');
    const small = told.filter(({ largePages }) => !knownValue(largePages)?.includes('2 MiB'));
    if (small.length === 0) {
      const sizes = new Set(told.flatMap(({ largePages }) => knownValue(largePages) ?? []));
      return holds(`the IOMMU maps pages of ${[...sizes].join(' and ')}`);
    }
    return violated('the IOMMU maps only pages of 4 KiB', {
      evidence: small.map(({ name }) => name),
      remedy: 'none: this is a limit of the hardware',
    });
  },
};
