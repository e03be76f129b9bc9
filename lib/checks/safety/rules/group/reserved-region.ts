import { isUnknown, UNREAD } from '../../../../base/known.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

export const reservedRegion: SafetyRule = {
  name: 'reserved-region',
  title: 'the firmware uses memory through its group (RMRR)',
  severity: 'forbids',
  meaning:
    'The IOMMU group has a region of type `direct` (`reserved_regions`): the firmware continues to use memory through the device. The kernel refuses to pass such a group through. This is reported once for each group.',
  remedy: 'look for a firmware update, or a firmware setting, that removes the region',
  isOfGiven: true,
  find: (device, view) => {
    const group = view.groupOf(device);
    if (group === undefined || !isFirst(device, view)) return [];
    // Kernels before 4.11 do not report it, so it is unknown.
    const told = group.reservedRegions ?? UNREAD;
    if (isUnknown(told)) return [unknownFinding(`reserved regions of group ${group.id}`, told)];
    const regions = told.filter(({ kind }) => kind === 'direct');
    if (regions.length === 0) return [];
    const names = regions.map(({ start, end }) => `${start} to ${end}`);
    return [
      {
        message: `is in group ${group.id}, through which the firmware uses memory (RMRR): ${listSome(names)}`,
        evidence: names.map((name) => `reserved_regions: ${name} direct`),
      },
    ];
  },
};

function isFirst(device: SafetyDevice, view: SafetyView): boolean {
  const members = view.groupOf(device)?.members ?? [];
  return (
    members.find((each) => view.given.has(each.device.address) && !isBridge(each.device))?.device === device
  );
}
