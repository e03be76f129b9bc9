import { knownValue } from '../base/known.ts';
import type { PciAddress } from './address.ts';
import type { DeviceWith } from './device.ts';

/** A setting of the host, outside of portal-gun, by which a driver claims devices at each boot. */
export interface DriverClaim {
  /** `kernel command line: vfio-pci.ids=10de:1b80`, `/etc/driverctl.d/pci-0000:01:00.0`. */
  readonly where: string;
  readonly driver: string;
  /** The function of the setting; `null` if it names ids. */
  readonly address: PciAddress | null;
  /** `10de:1b80`, followed by the ids of the subsystem if there are any: `10de:1b80:1458:3791`. */
  readonly ids: readonly string[];
}

const ANY = /^f{8}$/i;

/** Whether a setting applies to a function. Unread ids of the subsystem match no setting. */
export function isClaimed(
  { address, ids }: DriverClaim,
  device: DeviceWith<'vendor' | 'device'> & Partial<DeviceWith<'subsystem'>>,
): boolean {
  if (address !== null) return address === device.address;
  const subsystem = knownValue(device.subsystem);
  const own = [
    knownValue(device.vendor)?.id,
    knownValue(device.device)?.id,
    subsystem?.vendorId,
    subsystem?.deviceId,
  ];
  return ids.some((id) =>
    id
      .split(':')
      .slice(0, own.length)
      .every((part, index) => ANY.test(part) || part.toLowerCase().padStart(4, '0') === own[index]),
  );
}
