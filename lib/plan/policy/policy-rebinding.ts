import { PortalGunError } from '../../base/errors.ts';
import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import type { HostAbilities } from '../../pci/group/passthrough.ts';
import { planBind, planUnbind, type Rebinding, type RebindingField } from '../binding/binding.ts';
import type { EarlierDrivers } from '../binding/earlier-drivers.ts';
import { HOST_DRIVER } from './policy.ts';

/** A device of a policy, with its entry. */
export interface PolicyBinding<Device extends DeviceWith<never> = PciDevice> {
  readonly device: Device;
  /** As in `BindingPolicy`. */
  readonly driver: string | null;
  /** Its position: `policy.yaml:4:5`. */
  readonly at: string;
}

/** The devices that must change drivers for a policy: to VMs, and back to the host. */
export interface PolicyRebinding<Device extends DeviceWith<never> = PciDevice> {
  /** The devices that the policy names for VMs, and for the host. */
  readonly given: readonly Device[];
  readonly kept: readonly Device[];
  readonly toVfio: Rebinding<Device>;
  readonly back: Rebinding<Device>;
}

/**
 * The devices that must change drivers to match a policy. All members of a group change, even if one is named.
 *
 * @throws PortalGunError BAD_POLICY if it contradicts itself; CANNOT_BE_GIVEN, PERMISSION_DENIED
 */
export function moveByPolicy<Device extends DeviceWith<RebindingField>>(
  bindings: readonly PolicyBinding<Device>[],
  groups: readonly IommuGroup<Device>[],
  host: HostAbilities,
  earlier: EarlierDrivers,
): PolicyRebinding<Device> {
  refuseContradiction(bindings, groups);
  const driverOf = (device: Device): string | null =>
    bindings.find((each) => each.device === device)?.driver ?? null;
  const named = (isOfHost: boolean): readonly Device[] => [
    ...new Set(
      bindings.filter(({ driver }) => (driver === HOST_DRIVER) === isOfHost).map(({ device }) => device),
    ),
  ];
  const [given, kept] = [named(false), named(true)];
  return {
    given,
    kept,
    toVfio: planBind(given, groups, host, driverOf),
    back: planUnbind(kept, groups, earlier),
  };
}

/** Both directions of a policy as one rebinding. */
export function mergedRebinding<Device extends DeviceWith<never>>({
  toVfio,
  back,
}: PolicyRebinding<Device>): Rebinding<Device> {
  return {
    groups: [...new Set([...toVfio.groups, ...back.groups])],
    moving: [...toVfio.moving, ...back.moving],
    staying: [...toVfio.staying, ...back.staying],
  };
}

/** One device cannot be on two drivers, and one group cannot be both with a VM and with the host. */
function refuseContradiction<Device extends DeviceWith<never>>(
  bindings: readonly PolicyBinding<Device>[],
  groups: readonly IommuGroup<Device>[],
): void {
  const groupOf = (device: Device): IommuGroup<Device> | undefined =>
    groups.find(({ members }) => members.some((member) => member.device === device));
  for (const one of bindings) {
    const isOfHost = one.driver === HOST_DRIVER;
    const other = bindings.find((each) =>
      each.device === one.device
        ? each.driver !== one.driver
        : (each.driver === HOST_DRIVER) !== isOfHost &&
          groupOf(one.device) !== undefined &&
          groupOf(each.device) === groupOf(one.device),
    );
    if (other === undefined) continue;
    const what =
      other.device === one.device
        ? `${one.device.address} is to be on ${wordOf(one)}, and by ${other.at} on ${wordOf(other)}`
        : `${one.device.address} is to be on ${wordOf(one)}, and ${other.device.address}, of the same IOMMU group, by ${other.at} on ${wordOf(other)}`;
    throw new PortalGunError('BAD_POLICY', what, {
      subject: one.at,
      hint: 'all devices of a group must be bound to a VFIO driver, or none',
    });
  }
}

function wordOf({ driver }: Pick<PolicyBinding, 'driver'>): string {
  if (driver === HOST_DRIVER) return 'a driver of the host';
  return driver ?? 'a VFIO driver';
}
