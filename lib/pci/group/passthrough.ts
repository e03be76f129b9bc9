import { isUnknown, knownValue, UNREAD, type Unknown } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { shortAddress } from '../address.ts';
import type { DeviceField, DeviceWith } from '../device.ts';
import { type DriverClaim, isClaimed } from '../driver-claim.ts';
import { boundToOwnDriver, isPassthroughDriver, isWithVfio } from '../vfio-state.ts';
import {
  GROUP_FIELDS,
  type GroupField,
  type IommuGroup,
  isBridge,
  isSilent,
  lastingObstacles,
} from './iommu-group.ts';

/**
 * - `ok`: no action needed.
 * - `needs`: an action is needed first.
 * - `loses`: the host loses something.
 * - `warns`: it may work badly.
 * - `blocks`: it cannot be passed through.
 * - `unknown`: could not be checked.
 */
export type PassthroughLevel = 'ok' | 'needs' | 'loses' | 'warns' | 'blocks' | 'unknown';

/** A note on passing a device to a VM. */
export interface PassthroughNote {
  readonly level: PassthroughLevel;
  /** Stable name: `no-iommu`, `group-members`. */
  readonly code: string;
  readonly message: string;
}

/** The facts of a host that apply to all of its devices. */
export interface HostAbilities {
  /** Whether the kernel runs with an IOMMU. */
  readonly iommu: boolean | Unknown;
  /** How to enable the IOMMU, as an imperative clause: `iommuAdvice`. */
  readonly iommuAdvice?: string;
  /** Settings outside of portal-gun by which drivers claim devices at each boot. */
  readonly driverClaims?: readonly DriverClaim[];
  /**
   * Whether the kernel reports how devices can be reset (5.15 and newer do). If so, a device without a report cannot
   * be reset.
   */
  readonly tellsResetMethods: boolean;
}

/** The facts that {@link passthroughNotes} needs; they include those that `groupDevices` needs. */
export const PASSTHROUGH_FIELDS = [
  ...GROUP_FIELDS,
  'vendor',
  'device',
  'driverOverride',
  'resetMethods',
  'bootVga',
] as const satisfies readonly DeviceField[];
/** One of {@link PASSTHROUGH_FIELDS}. */
export type PassthroughField = (typeof PASSTHROUGH_FIELDS)[number];

/**
 * A device with the facts that {@link passthroughNotes} needs, and the facts that make its notes more exact: the loss for
 * the host, and claims by a subsystem.
 */
export type PassthroughDevice = DeviceWith<PassthroughField> &
  Partial<DeviceWith<'attachments' | 'subsystem'>>;

/**
 * The conditions for passing a device through: the IOMMU, its whole group, its driver, the loss for the host, reset.
 * Based on the facts of the device; whether the host uses the device now is not checked here.
 */
export function passthroughNotes(
  device: PassthroughDevice,
  group: IommuGroup<DeviceWith<GroupField>> | undefined,
  host: HostAbilities,
): readonly PassthroughNote[] {
  if (device.vendor === null && device.class === null) {
    return [{ level: 'unknown', code: 'nothing-known', message: 'none of its facts could be read' }];
  }
  const maker = busMaker(device, group);
  if (maker !== undefined) {
    const message = `is behind ${describe(maker)}, which creates its bus: it cannot be passed through on its own`;
    return [{ level: 'blocks', code: 'behind-controller', message }];
  }
  if (isIommu(device)) {
    return [{ level: 'blocks', code: 'iommu', message: 'an IOMMU stays with the host' }];
  }
  if (isBridge(device)) {
    return [
      {
        level: 'blocks',
        code: 'bridge',
        message: 'a bridge stays with the host: pass through the devices behind it',
      },
    ];
  }
  if (isSilent(device)) {
    const message =
      'does not answer: its configuration space reads as all ones. Power the host off and on again; a reboot may not be enough';
    return [{ level: 'blocks', code: 'not-answering', message }, ...lossNotes(device)];
  }
  return [
    ...iommuNotes(device, group, host),
    ...driverNotes(device),
    ...claimNotes(device, host.driverClaims ?? []),
    ...lossNotes(device),
    ...resetNotes(device, host.tellsResetMethods),
    ...displayNotes(device),
    ...sriovNotes(device),
  ];
}

/** Whether a function is an IOMMU: by its class, or as virtio's (1af4:1057), which has no class for it. */
export function isIommu({
  class: deviceClass,
  vendor,
  device,
}: DeviceWith<'class' | 'vendor' | 'device'>): boolean {
  if (knownValue(deviceClass)?.code.startsWith('0806')) return true;
  return knownValue(vendor)?.id === '1af4' && knownValue(device)?.id === '1057';
}

/** The function above a device that creates its bus without being a bridge: a VMD controller. */
function busMaker<Device extends DeviceWith<never>>(
  device: DeviceWith<never>,
  group: IommuGroup<Device> | undefined,
): Device | undefined {
  const behind = group?.members.find((member) => member.device === device)?.behind;
  return group?.members.find((member) => member.device.address === behind)?.device;
}

function iommuNotes(
  device: DeviceWith<'iommuGroup' | 'driver'>,
  group: IommuGroup<DeviceWith<'driver'>> | undefined,
  host: HostAbilities,
): readonly PassthroughNote[] {
  if (host.iommu === false) {
    const message = `the kernel runs without an IOMMU: ${host.iommuAdvice ?? 'pci validate shows what to do'}`;
    return [{ level: 'blocks', code: 'no-iommu', message }];
  }
  if (isUnknown(device.iommuGroup)) {
    return [{ level: 'unknown', code: 'group-unknown', message: 'its IOMMU group could not be read' }];
  }
  if (isUnknown(host.iommu)) {
    const message = 'it is unknown whether the kernel has an IOMMU: the snapshot does not contain the data';
    return [{ level: 'unknown', code: 'iommu-unknown', message }];
  }
  if (group === undefined) {
    return device.driver === null
      ? [{ level: 'unknown', code: 'no-group', message: NO_GROUP_YET }]
      : [{ level: 'blocks', code: 'no-group', message: 'has no IOMMU group: the IOMMU does not cover it' }];
  }
  const notes: PassthroughNote[] = [
    ...lastingObstacles(group, device),
    ...group.obstacles.filter(({ code }) => code in UNKNOWNS),
  ].map(({ code, message: what }): PassthroughNote => {
    const message = `group ${group.id}: ${what}`;
    const unknown = UNKNOWNS[code];
    if (unknown !== undefined) return { level: 'unknown', code: unknown, message };
    return { level: 'blocks', code: code.toLowerCase().replaceAll('_', '-'), message };
  });
  const others = group.members.filter((member) => member.device !== device);
  const going = others.filter(({ stays }) => !stays).map((member) => describe(member.device));
  const staying = others.filter(({ stays }) => stays).map((member) => shortAddress(member.device.address));
  if (going.length > 0) {
    const message = `shares group ${group.id} with ${going.join(', ')}: all of them leave the host together`;
    notes.push({ level: 'needs', code: 'group-members', message });
  } else {
    notes.push({ level: 'ok', code: 'group-alone', message: `the only device in group ${group.id}` });
  }
  if (staying.length > 0) {
    notes.push({
      level: 'ok',
      code: 'group-bridges',
      message: `${staying.join(', ')} in its group ${staying.length === 1 ? 'stays' : 'stay'} with the host`,
    });
  }
  return notes;
}

const UNKNOWNS: Readonly<Record<string, string>> = {
  REGIONS_UNKNOWN: 'regions-unknown',
  IOMMU_UNKNOWN: 'iommu-unknown',
};

const NO_GROUP_YET =
  'has no IOMMU group; some IOMMUs (virtio-iommu) create one only when a driver probes the device: bind it and check again';

function describe(device: DeviceWith<'driver'>): string {
  const driver = isUnknown(device.driver) ? 'driver unknown' : (device.driver ?? 'no driver');
  return `${shortAddress(device.address)} (${driver})`;
}

function driverNotes(device: DeviceWith<'driver' | 'driverOverride' | 'vfio'>): readonly PassthroughNote[] {
  const { driver, driverOverride } = device;
  if (isUnknown(driver))
    return [{ level: 'unknown', code: 'driver-unknown', message: 'its driver could not be read' }];
  if (driver === null)
    return [{ level: 'needs', code: 'bind', message: 'has no driver: bind it to vfio-pci' }];
  if (isWithVfio(device)) {
    const message = isPassthroughDriver(driver)
      ? `is on ${driver} already`
      : `stays on ${driver}, which gives it to VMs itself`;
    return [{ level: 'ok', code: 'bound', message }];
  }
  const own = boundToOwnDriver(device);
  if (own !== null) {
    const isUnset = knownValue(knownValue(device.vfio)?.vgpuType ?? null) === 0;
    return isUnset
      ? [{ level: 'needs', code: 'vgpu-type', message: `${own}: ${vgpuAdvice(device)}` }]
      : [{ level: 'unknown', code: 'vgpu-type', message: own }];
  }
  const message = `move it from ${driver} to vfio-pci`;
  const override = knownValue(driverOverride);
  return override === undefined
    ? [{ level: 'needs', code: 'bind', message }]
    : [{ level: 'needs', code: 'bind', message: `${message} (driver_override says ${override})` }];
}

function claimNotes(device: PassthroughDevice, claims: readonly DriverClaim[]): readonly PassthroughNote[] {
  return claims
    .filter((claim) => isClaimed(claim, device))
    .map(({ driver, where }) => ({
      level: device.driver === driver ? 'ok' : 'warns',
      code: 'claimed',
      message: `goes to ${driver} at each boot, by a setting outside of pci: ${where}`,
    }));
}

/** The types are in `creatable_vgpu_types` beside it. */
function vgpuAdvice({ address }: DeviceWith<never>): string {
  return `write a type of creatable_vgpu_types to /sys/bus/pci/devices/${address}/nvidia/current_vgpu_type`;
}

function lossNotes({ attachments = UNREAD }: PassthroughDevice): readonly PassthroughNote[] {
  // The nodes of VFIO are for VMs, and not a use by the host.
  const things = knownValue(attachments)?.filter(({ kind }) => kind !== 'vfio-dev');
  if (things === undefined) {
    return isUnknown(attachments)
      ? [{ level: 'unknown', code: 'loss-unknown', message: 'its dependents could not be read' }]
      : [];
  }
  if (things.length === 0) return [];
  const shown = things.slice(0, 8).map(({ kind, name, state }) => {
    const known = knownValue(state);
    return known === undefined ? `${name} (${kind})` : `${name} (${kind}, ${known})`;
  });
  const rest = things.length > shown.length ? `, and ${things.length - shown.length} more` : '';
  return [{ level: 'loses', code: 'loses', message: `the host loses ${shown.join(', ')}${rest}` }];
}

function resetNotes(
  { resetMethods }: DeviceWith<'resetMethods'>,
  tellsResetMethods: boolean,
): readonly PassthroughNote[] {
  if (isUnknown(resetMethods)) {
    const remedy = resetMethods.unknown === 'denied' ? ': run as root' : '';
    return [
      { level: 'unknown', code: 'reset-unknown', message: `its reset methods could not be read${remedy}` },
    ];
  }
  const [first] = resetMethods ?? [];
  if (resetMethods === null && !tellsResetMethods) {
    const message = 'its reset methods are unknown on this host (Linux 5.15 and newer show them)';
    return [{ level: 'unknown', code: 'reset-unknown', message }];
  }
  if (first === undefined) {
    const message =
      'the kernel has no method to reset it: its state survives the VM, and it may not start a second time';
    return [{ level: 'warns', code: 'no-reset', message }];
  }
  if (first === 'bus') {
    const message = 'a bus reset is its only reset: every function behind the same port is reset with it';
    return [{ level: 'warns', code: 'bus-reset', message }];
  }
  return [{ level: 'ok', code: 'reset', message: `can be reset (${first})` }];
}

function displayNotes({ bootVga }: DeviceWith<'bootVga'>): readonly PassthroughNote[] {
  if (bootVga !== true) return [];
  return [
    { level: 'warns', code: 'boot-display', message: 'is the boot display: the host loses its console' },
  ];
}

function sriovNotes({ sriov }: DeviceWith<'sriov'>): readonly PassthroughNote[] {
  const role = knownValue(sriov);
  if (role?.role !== 'pf' || role.virtualFunctions.length === 0) return [];
  const vfs = count(role.virtualFunctions.length, 'VF');
  return [{ level: 'loses', code: 'vfs', message: `its ${vfs} disappear when it leaves its driver` }];
}
