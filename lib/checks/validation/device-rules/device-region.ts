import { isUnknown, UNREAD } from '../../../base/known.ts';
import { groupOf } from '../group-of.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const deviceRegion: DeviceRule = {
  id: 'device-region',
  title: 'the firmware does not use it',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'Its IOMMU group has no region of type `direct` (`reserved_regions`; RMRR). The kernel refuses to pass such a group through.',
  evaluate: (device, host) => {
    const group = groupOf(device, host);
    if (group === undefined) return doesNotApply('is not in an IOMMU group');
    // Kernels before 4.11 do not report it.
    const regions = group.reservedRegions ?? UNREAD;
    if (isUnknown(regions)) return unknownVerdict('reserved regions', regions);
    const direct = regions.filter(({ kind }) => kind === 'direct');
    if (direct.length === 0) return holds('the firmware reserves no memory in its group');
    return violated(
      'the firmware uses memory through its group (RMRR): the kernel does not pass it through',
      {
        evidence: direct.map(({ start, end }) => `group ${group.id}: ${start} to ${end}`),
        remedy: 'look for a firmware update, or a firmware setting, that removes the region',
      },
    );
  },
};
