import { isUnknown, UNREAD } from '../../../base/known.ts';
import { groupOf } from '../group-of.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

/** The firmware does not use it. */
export const deviceRegion: DeviceRule = {
  id: 'device-region',
  title: 'the firmware does not use it',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'Its IOMMU group has no region of type `direct` (`reserved_regions`; RMRR): the kernel refuses to give such a group away.',
  evaluate: (device, host) => {
    const group = groupOf(device, host);
    if (group === undefined) return doesNotApply('is in no IOMMU group');
    // Kernels before 4.11 do not tell.
    const regions = group.reservedRegions ?? UNREAD;
    if (isUnknown(regions)) return unknownVerdict('what the firmware reserves', regions);
    const direct = regions.filter(({ kind }) => kind === 'direct');
    if (direct.length === 0) return holds('the firmware reserves nothing of it');
    return violated('the firmware uses memory through its group (RMRR): the kernel gives it to no machine', {
      evidence: direct.map(({ start, end }) => `group ${group.id}: ${start} to ${end}`),
      remedy: "look for a firmware update or setting of the vendor's that takes the region away",
    });
  },
};
