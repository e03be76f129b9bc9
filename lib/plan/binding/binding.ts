import { PortalGunError } from '../../base/errors.ts';
import { isUnknown, knownValue } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import type { DeviceField, DeviceWith, PciDevice } from '../../pci/device.ts';
import type { GroupMember, IommuGroup } from '../../pci/group/iommu-group.ts';
import { type HostAbilities, PASSTHROUGH_FIELDS, passthroughNotes } from '../../pci/group/passthrough.ts';
import { idOf } from '../../pci/identity.ts';
import { boundToOwnDriver, isPassthroughDriver, isWithVfio, ownVfioDriver } from '../../pci/vfio-state.ts';
import { DEFAULT_DRIVER, type DriverState } from '../change-states.ts';
import type { GuardField } from '../guard.ts';
import type { EarlierDrivers } from './earlier-drivers.ts';

/** The VFIO driver for a device without a variant driver. */
const VFIO_PCI = 'vfio-pci';

/** The facts of every device for planning driver changes; they include those that `groupDevices` needs. */
export const REBINDING_FIELDS = [
  ...PASSTHROUGH_FIELDS,
  'subsystem',
  'modules',
  'attachments',
] as const satisfies readonly DeviceField[];
/** One of {@link REBINDING_FIELDS}. */
export type RebindingField = (typeof REBINDING_FIELDS)[number];

/** A function that changes its driver. */
export interface ReboundDevice<Device extends DeviceWith<never> = PciDevice> {
  readonly device: Device;
  /** Whether it was named, or is included by its group. */
  readonly asked: boolean;
  readonly from: DriverState;
  readonly to: DriverState;
}

/**
 * Why a member of an affected group is unchanged.
 *
 * - `port`: a port or bridge, which stays with its driver.
 * - `behind`: it is included with the controller above it.
 * - `no-driver`: it has no driver.
 * - `ready`: it is on a VFIO driver.
 */
export type StayReason = 'port' | 'behind' | 'no-driver' | 'ready';

/** A member of a group that is unchanged. */
interface StayingDevice<Device extends DeviceWith<never>> {
  readonly device: Device;
  readonly reason: StayReason;
}

/** The devices that change drivers and the devices that stay, in all affected groups. */
export interface Rebinding<Device extends DeviceWith<never> = PciDevice> {
  readonly groups: readonly number[];
  readonly moving: readonly ReboundDevice<Device>[];
  readonly staying: readonly StayingDevice<Device>[];
}

/**
 * The devices that must change drivers so that a VM can use the requested devices: these devices, and every member of
 * their groups on a host driver.
 *
 * @param chosen the driver for a requested device; by default the variant driver for it (`mlx5_vfio_pci`), otherwise
 * vfio-pci
 * @throws PortalGunError CANNOT_BE_GIVEN; PERMISSION_DENIED if a driver cannot be read
 */
export function planBind<Device extends DeviceWith<RebindingField>>(
  asked: readonly Device[],
  groups: readonly IommuGroup<Device>[],
  host: HostAbilities,
  chosen: (device: Device) => string | null = () => null,
): Rebinding<Device> {
  const touched = groups.filter(({ members }) => members.some(({ device }) => asked.includes(device)));
  for (const device of asked) {
    const group = touched.find(({ members }) => members.some((member) => member.device === device));
    refuseWhatCannotGo(device, group, host);
  }
  const members = touched.flatMap((group) => group.members);
  const others = members.filter(({ device }) => !asked.includes(device));
  const going = others.filter((member) => stayReason(member) === null).map(({ device }) => device);
  return {
    groups: touched.map(({ id }) => id),
    // A device that is already bound needs no change.
    moving: inGroups([...asked, ...going], members)
      .map((device) => toVfio(device, asked.includes(device), chosen(device)))
      .filter(({ from, to }) => from.driver !== to.driver),
    staying: others.flatMap((member) => {
      const reason = stayReason(member);
      return reason === null ? [] : [{ device: member.device, reason }];
    }),
  };
}

/** Devices in the order of their groups, then those without a group: a virtio-iommu creates it when they are bound. */
function inGroups<Device extends DeviceWith<never>>(
  devices: readonly Device[],
  members: readonly GroupMember<Device>[],
): readonly Device[] {
  const grouped = members.map(({ device }) => device).filter((device) => devices.includes(device));
  return [...grouped, ...devices.filter((device) => !grouped.includes(device))];
}

function toVfio<Device extends DeviceWith<RebindingField>>(
  device: Device,
  isAsked: boolean,
  chosen: string | null,
): ReboundDevice<Device> {
  refuseVirtualFunctions(device);
  const driver = (isAsked ? chosen : null) ?? ownVfioDriver(device) ?? vfioDriverFor(device);
  refuseLeavingOwn(device, driver);
  return { device, asked: isAsked, from: driverStateOf(device), to: { driver, override: driver } };
}

/** A vGPU ends if its VF leaves the driver that created it. */
function refuseLeavingOwn(device: DeviceWith<'driver' | 'vfio'>, to: string): void {
  const own = boundToOwnDriver(device);
  if (own === null || to === device.driver) return;
  throw new PortalGunError('CANNOT_BE_GIVEN', own, {
    subject: device.address,
    hint:
      ownVfioDriver(device) === null
        ? `see what it needs: pci show ${device.address}`
        : `it needs no binding: assign it with managed='no': pci xml ${device.address}`,
  });
}

function refuseWhatCannotGo<Device extends DeviceWith<RebindingField>>(
  device: Device,
  group: IommuGroup<Device> | undefined,
  host: HostAbilities,
): void {
  const note = passthroughNotes(device, group, host).find(({ level }) => level === 'blocks');
  if (note === undefined) return;
  throw new PortalGunError('CANNOT_BE_GIVEN', note.message, { subject: device.address });
}

/** Without its driver a PF loses its VFs, and their settings would not be restored. */
function refuseVirtualFunctions({ address, sriov }: DeviceWith<'sriov'>): void {
  const role = knownValue(sriov);
  if (role?.role !== 'pf' || role.virtualFunctions.length === 0) return;
  throw new PortalGunError(
    'CANNOT_BE_GIVEN',
    `has ${count(role.virtualFunctions.length, 'virtual function')}`,
    {
      subject: address,
      hint: `remove them first: pci sriov set ${address} --vfs 0; or assign the VFs instead`,
    },
  );
}

function stayReason({
  device,
  stays,
  behind,
}: GroupMember<DeviceWith<'driver' | 'vfio'>>): StayReason | null {
  if (stays) return 'port';
  if (behind !== null) return 'behind';
  if (device.driver === null) return 'no-driver';
  return isWithVfio(device) ? 'ready' : null;
}

/** The VFIO driver that the kernel names for a device, by the aliases `vfio_pci:…` of its modules. */
function vfioDriverFor({ modules }: DeviceWith<'modules'>): string {
  return (
    knownValue(modules)?.find((module) => module !== 'vfio_pci' && isPassthroughDriver(module)) ?? VFIO_PCI
  );
}

/**
 * The current driver of a function.
 *
 * @throws PortalGunError PERMISSION_DENIED if it cannot be read
 */
export function driverStateOf({
  address,
  driver,
  driverOverride,
}: DeviceWith<'driver' | 'driverOverride'>): DriverState {
  if (isUnknown(driver) || isUnknown(driverOverride)) {
    throw new PortalGunError('PERMISSION_DENIED', 'its driver could not be read', {
      subject: address,
    });
  }
  return { driver, override: driverOverride };
}

/** A device, with its new driver. */
export interface BoundDevice<Device extends DeviceWith<never> = PciDevice> {
  readonly device: Device;
  readonly driver: string;
}

/** The devices that are on a VFIO driver after a rebinding: those that are bound, and those that already were. */
export function boundBy<Device extends DeviceWith<'driver'>>(
  { moving, staying }: Rebinding<Device>,
  asked: readonly Device[],
): readonly BoundDevice<Device>[] {
  const there = [
    ...asked.filter((device) => !moving.some((each) => each.device === device)),
    ...staying.filter(({ reason }) => reason === 'ready').map(({ device }) => device),
  ];
  return [
    ...moving.map(({ device, to }) => ({ device, driver: to.driver })),
    ...there.map((device) => ({ device, driver: knownValue(device.driver) ?? null })),
  ].filter(
    (bound): bound is BoundDevice<Device> => bound.driver !== null && isPassthroughDriver(bound.driver),
  );
}

/**
 * The devices that must change drivers to be on their recorded drivers. No other device changes, whatever is in their
 * groups now.
 *
 * @throws PortalGunError CANNOT_BE_GIVEN, PERMISSION_DENIED
 */
export function planPersistedBinds<Device extends DeviceWith<RebindingField>>(
  bound: readonly BoundDevice<Device>[],
  groups: readonly IommuGroup<Device>[],
  host: HostAbilities,
): Rebinding<Device> {
  const missing = bound.filter(({ device, driver }) => device.driver !== driver);
  const touched = groups.filter(({ members }) =>
    members.some((member) => missing.some(({ device }) => device === member.device)),
  );
  const moving = missing.map(({ device, driver }) => {
    refuseWhatCannotGo(
      device,
      touched.find(({ members }) => members.some((member) => member.device === device)),
      host,
    );
    refuseVirtualFunctions(device);
    return { device, asked: true, from: driverStateOf(device), to: { driver, override: driver } };
  });
  return { groups: touched.map(({ id }) => id), moving, staying: [] };
}

/**
 * The devices that return to the host: the requested devices on a VFIO driver, and the members of their groups on a
 * VFIO driver, each to its earlier driver, or, if that was not recorded, to the driver that the kernel finds.
 *
 * @throws PortalGunError PERMISSION_DENIED
 */
export function planUnbind<Device extends DeviceWith<GuardField | 'driver' | 'driverOverride'>>(
  asked: readonly Device[],
  groups: readonly IommuGroup<Device>[],
  earlier: EarlierDrivers,
): Rebinding<Device> {
  const touched = groups.filter(({ members }) => members.some(({ device }) => asked.includes(device)));
  const members = touched.flatMap((group) => group.members);
  const all = new Set([...members.map(({ device }) => device), ...asked]);
  const moving = inGroups([...all], members)
    .filter(({ driver }) => isPassthroughDriver(knownValue(driver) ?? ''))
    .map((device) => ({
      device,
      asked: asked.includes(device),
      from: driverStateOf(device),
      to: earlierStateOf(device, earlier),
    }));
  return { groups: touched.map(({ id }) => id), moving, staying: [] };
}

function earlierStateOf(device: DeviceWith<'vendor' | 'device'>, earlier: EarlierDrivers): DriverState {
  const kept = earlier.get(device.address);
  // Another device may be at the address now.
  if (kept === undefined || kept.id !== idOf(device)) return { driver: DEFAULT_DRIVER, override: null };
  return { driver: kept.driver, override: kept.override };
}
