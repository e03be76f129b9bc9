import { type Known, knownValue } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';

/** What must still be so of a function at the moment that it is changed: that it is the one that was meant. */
export interface Guard {
  readonly address: PciAddress;
  /** `8086:10c9`, `null` where it was not known. */
  readonly id: string | null;
  readonly subsystem: string | null;
  readonly iommuGroup: Known<number>;
}

/** What a plan keeps in mind of a function. Needs its `vendor`, `device`, `subsystem` and `iommuGroup`. */
export function guardOf({ address, vendor, device, subsystem, iommuGroup }: PciDevice): Guard {
  const [vendorId, deviceId] = [knownValue(vendor)?.id, knownValue(device)?.id];
  const sub = knownValue(subsystem);
  return {
    address,
    id: vendorId === undefined || deviceId === undefined ? null : `${vendorId}:${deviceId}`,
    subsystem: sub === undefined ? null : `${sub.vendorId}:${sub.deviceId}`,
    iommuGroup,
  };
}
