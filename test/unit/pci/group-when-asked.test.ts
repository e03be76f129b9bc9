import { describe, expect, it } from 'vitest';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';

const device = (slot: number): PciDevice =>
  ({
    address: `0000:00:${String(slot).padStart(2, '0')}.0` as PciAddress,
    iommuGroup: slot,
    class: null,
    config: null,
    driver: null,
    location: null,
    sriov: null,
    vfio: null,
  }) as unknown as PciDevice;

describe('IOMMU groups', () => {
  it('are asked about when they are looked at, and once', () => {
    const asked: number[] = [];
    const groups = groupDevices([device(1), device(2), device(3)], (group) => {
      asked.push(group);
      return { type: 'DMA', reservedRegions: [] };
    });
    expect(groups.map(({ id }) => id)).toEqual([1, 2, 3]);
    const second = groups.find(({ id }) => id === 2);
    expect(asked).toEqual([]);
    expect([second?.type, second?.verdict, second?.obstacles.length]).toEqual(['DMA', 'bindable', 1]);
    expect({ ...second }).toMatchObject({ id: 2, type: 'DMA', verdict: second?.verdict });
    expect(asked).toEqual([2]);
  });
});
