import { isUnknown, knownValue, UNREAD } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { askedGroups, hasNoGroups } from '../../group-of.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const firmwareRegions: HostRule = {
  id: 'firmware-regions',
  title: 'the firmware uses no device itself',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'No IOMMU group has a region of type `direct` (`reserved_regions`; RMRR). If the firmware continues to use memory through a device, the kernel refuses to pass the device through.',
  evaluate: (host) => {
    const groups = askedGroups(host);
    if (hasNoGroups(host)) return doesNotApply('there are no IOMMU groups');
    if (groups.length === 0) return doesNotApply('no named device is in an IOMMU group');
    const used = groups.filter(({ reservedRegions }) =>
      knownValue(reservedRegions)?.some(({ kind }) => kind === 'direct'),
    );
    if (used.length > 0) {
      return violated(`the firmware uses memory through ${count(used.length, 'group')} (RMRR)`, {
        evidence: used.map(
          ({ id, members }) =>
            `group ${id}: ${listSome(members.map(({ device }) => shortAddress(device.address)))}`,
        ),
        remedy: 'look for a firmware update, or a firmware setting, that removes the region',
      });
    }
    // Kernels before 4.11 do not report it.
    const unknown = groups.map(({ reservedRegions }) => reservedRegions ?? UNREAD).find(isUnknown);
    return unknown === undefined
      ? holds('no group has a firmware region')
      : unknownVerdict('reserved regions', unknown);
  },
};
