import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';
import type { DeviceWith } from '../pci/device.ts';
import { kindOf } from '../pci/identity.ts';

/** The facts of a function that must be unchanged when it is changed, so that it is the planned one. */
export interface Guard {
  readonly address: PciAddress;
  /** `8086:10c9`, `null` if it was unknown. */
  readonly id: string | null;
  readonly subsystem: string | null;
  readonly iommuGroup: Known<number>;
}

/** The facts that a guard is made of. */
export type GuardField = 'vendor' | 'device' | 'subsystem' | 'iommuGroup';

/** The guard of a function in a plan. */
export function guardOf(device: DeviceWith<GuardField>): Guard {
  return { address: device.address, ...kindOf(device), iommuGroup: device.iommuGroup };
}
