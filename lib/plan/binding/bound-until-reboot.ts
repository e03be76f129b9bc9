import { knownValue } from '../../base/known.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { type DriverClaim, isClaimed } from '../../pci/driver-claim.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import type { BindingStatus } from './binding-status.ts';

/** A device that is on a VFIO driver now, without a record that binds it at the next boot. */
export interface BoundUntilReboot {
  readonly address: PciAddress;
  readonly driver: string;
  /** The command that returns it to the host before that. */
  readonly command: string;
}

/**
 * The devices on a VFIO driver without a record: bound without `--persist`, by a running VM, or early in this boot by
 * a record that was undone since.
 *
 * @param statuses of all persisted bindings
 * @param claims settings of other programs that bind devices at each boot
 */
export function boundUntilReboot(
  statuses: readonly BindingStatus<DeviceWith<TraitField>>[],
  devices: readonly DeviceWith<TraitField>[],
  claims: readonly DriverClaim[],
): readonly BoundUntilReboot[] {
  const recorded = new Set(
    statuses.flatMap(({ state, device }) => (state === 'replaced' || device === null ? [] : [device])),
  );
  return devices.flatMap((device) => {
    const { address } = device;
    const driver = knownValue(device.driver) ?? '';
    if (!isPassthroughDriver(driver) || recorded.has(device)) return [];
    const isOthers = claims.some((claim) => isPassthroughDriver(claim.driver) && isClaimed(claim, device));
    return isOthers ? [] : [{ address, driver, command: `pci unbind ${address}` }];
  });
}
