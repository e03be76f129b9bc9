import { describe, expect, it } from 'vitest';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { deviceAt } from '../../../lib/pci/device-at.ts';

const COUNT = 1000;

describe('deviceAt', () => {
  it('looks at each device once, however many are asked for', () => {
    let looks = 0;
    const devices = Array.from({ length: COUNT }, (_, index) => ({
      get address() {
        looks += 1;
        return `0000:${index}`;
      },
    })) as unknown as readonly PciDevice[];
    for (let index = 0; index < COUNT; index += 1) {
      expect(deviceAt(devices, `0000:${index}` as PciAddress)).toBe(devices[index]);
    }
    expect(looks).toBe(COUNT);
    expect(deviceAt(devices, '0001:00:00.0' as PciAddress)).toBeUndefined();
    expect(deviceAt(devices, null)).toBeUndefined();
  });
});
