import { expect, test } from 'vitest';
import { describeReaders, notesOf } from './describe-readers.ts';

/** No driver of Linux takes it. */
const DRIVERLESS = '0000:07:00.0';

describeReaders(
  'none',
  {
    fixture: 'lab-none',
    counts: { functions: 30, groups: 0, vfs: 0 },
    besideLibvirt: true,
    iommu: { units: [], firmwareTables: [] },
    failsRules: ['iommu-in-effect'],
  },
  (host) => {
    test('say that there is no IOMMU', () => {
      expect(notesOf(host(), DRIVERLESS)[0]).toBe('blocks no-iommu');
      expect(host().devices.map(({ iommuGroup }) => iommuGroup)).toEqual(host().devices.map(() => null));
    });
  },
);
