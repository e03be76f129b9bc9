import { expect, test } from 'vitest';
import { describeReaders, deviceAt, notesOf } from './describe-readers.ts';

describeReaders(
  'amd',
  {
    fixture: 'lab-amd',
    counts: { functions: 31, groups: 20, vfs: 0 },
    iommu: { units: ['ivhd0'], firmwareTables: ['IVRS'] },
    failsRules: ['interrupt-remapping'],
  },
  (host) => {
    test('find the IOMMU among the functions, in no group, as what stays', () => {
      expect(deviceAt(host(), '0000:00:01.0')).toMatchObject({ class: { code: '080600' }, iommuGroup: null });
      expect(notesOf(host(), '0000:00:01.0')).toEqual(['blocks iommu']);
      expect(host().seen.groups.ungrouped).toEqual(['0000:00:01.0']);
    });
  },
);
