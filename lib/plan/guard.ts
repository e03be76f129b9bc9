import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';
import type { DeviceWith } from '../pci/device.ts';
import { kindOf } from '../pci/identity.ts';

/** What must still be so of a function at the moment that it is changed: that it is the one that was meant. */
export interface Guard {
  readonly address: PciAddress;
  /** `8086:10c9`, `null` where it was not known. */
  readonly id: string | null;
  readonly subsystem: string | null;
  readonly iommuGroup: Known<number>;
}

/** The facts that a guard is made of. */
export type GuardField = 'vendor' | 'device' | 'subsystem' | 'iommuGroup';

/** What a plan keeps in mind of a function. */
export function guardOf(device: DeviceWith<GuardField>): Guard {
  return { address: device.address, ...kindOf(device), iommuGroup: device.iommuGroup };
}
