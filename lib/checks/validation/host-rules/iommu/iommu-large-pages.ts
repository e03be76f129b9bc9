import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** The IOMMU maps large pages. */
export const iommuLargePages: HostRule = {
  id: 'iommu-large-pages',
  title: 'the IOMMU maps large pages',
  grade: 'note',
  purposes: ['passthrough'],
  meaning:
    "The IOMMU maps 2 MiB at once (`cap` of Intel's units). Where it does not, the memory of a machine is mapped in pieces of 4 KiB: it takes longer to start, and huge pages gain little.",
  evaluate: ({ facts: { iommuUnits } }) => {
    if (iommuUnits.length === 0) return doesNotApply('no unit of an IOMMU is at work');
    const unknown = iommuUnits.map(({ largePages }) => largePages).find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('which pages the IOMMU maps', unknown);
    const told = iommuUnits.filter(({ largePages }) => largePages !== null);
    if (told.length === 0) return doesNotApply('an IOMMU of this kind does not tell');
    const small = told.filter(({ largePages }) => !knownValue(largePages)?.includes('2 MiB'));
    if (small.length === 0) {
      const sizes = new Set(told.flatMap(({ largePages }) => knownValue(largePages) ?? []));
      return holds(`the IOMMU maps ${[...sizes].join(' and ')} at once`);
    }
    return violated('the IOMMU maps pages of 4 KiB alone', {
      evidence: small.map(({ name }) => name),
      remedy: 'nothing: the hardware is so',
    });
  },
};
