import { isUnknown, knownValue } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { askedGroups, hasNoGroups } from '../../group-of.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const iommuDmaType: HostRule = {
  id: 'iommu-dma-type',
  title: 'devices of the host can access only their own memory',
  grade: 'note',
  purposes: ['passthrough'],
  meaning:
    'The type of the IOMMU groups (`/sys/kernel/iommu_groups/N/type`) is `DMA` or `DMA-FQ`. With `identity` (`iommu=pt`), devices of the host can access all memory, which is faster. The IOMMU always translates for a device of a VM.',
  evaluate: (host) => {
    const groups = askedGroups(host);
    if (hasNoGroups(host)) return doesNotApply('there are no IOMMU groups');
    if (groups.length === 0) return doesNotApply('no named device is in an IOMMU group');
    const unknown = groups.map(({ type }) => type).find(isUnknown);
    const types = groups.map(({ type }) => knownValue(type));
    const direct = types.filter((type) => type === 'identity');
    if (direct.length > 0) {
      return violated(
        `devices of the host in ${count(direct.length, 'group')} can access all memory (identity)`,
        {
          remedy: 'none needed if speed matters more; otherwise remove iommu=pt from the kernel command line',
        },
      );
    }
    if (unknown !== undefined) return unknownVerdict('types of IOMMU groups', unknown);
    const names = [...new Set(types)].filter((type) => type !== undefined);
    return names.length === 0
      ? doesNotApply('this kernel is too old to report it (before 4.11)')
      : holds(`the type of the groups is ${names.join(', ')}`);
  },
};
