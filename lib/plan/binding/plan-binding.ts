import { knownValue } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { isVf } from '../../pci/device-traits.ts';
import { hostMarksOf, isMarked } from '../../pci/host-marks.ts';
import { lastSeenAs } from '../../pci/persisted/last-seen.ts';
import { EARLIER_DRIVERS_PATH } from '../../sysfs/paths.ts';
import { DEFAULT_DRIVER, isOfHost } from '../change-states.ts';
import { driverKind } from '../changes/host/driver.ts';
import type { FileChange } from '../changes/host/file.ts';
import { moduleKind } from '../changes/host/module.ts';
import { type GuardField, guardOf } from '../guard.ts';
import type { Plan, Step } from '../plan.ts';
import type { ReboundDevice } from './binding.ts';
import { type EarlierDriver, parseEarlierDrivers, serializeEarlierDrivers } from './earlier-drivers.ts';

/** The facts of a host that decide how drivers are changed. */
export interface HostBindingState {
  /** Whether a driver is registered with the PCI bus. */
  isRegistered(driver: string): boolean;
  /** The current record of earlier drivers, `null` if there is none. */
  readonly record: string | null;
  /**
   * The boot of the record; `null` if it is unknown, as for a captured host: then the marks of devices are not
   * recorded.
   */
  readonly bootId: string | null;
}

/** The facts of a function that changes drivers. */
type Moving = ReboundDevice<DeviceWith<GuardField | 'attachments' | 'sriov'>>;

/**
 * The plan that moves devices to other drivers: first the modules, then the record of the earlier drivers, then each
 * device.
 */
export function planBinding(
  { groups, moving }: { readonly groups: readonly number[]; readonly moving: readonly Moving[] },
  state: HostBindingState,
): Plan {
  const steps =
    moving.length === 0
      ? []
      : [...moduleSteps(moving, state), ...recordSteps(moving, state), ...moving.map(driverStep)];
  return { title: titleOf(groups, moving), guards: moving.map(({ device }) => guardOf(device)), steps };
}

function titleOf(groups: readonly number[], moving: readonly Moving[]): string {
  const groupWords = groups.length === 1 ? `group ${groups[0]}` : `groups ${groups.join(', ')}`;
  const what = groups.length === 0 ? moving.map(({ device }) => device.address).join(', ') : groupWords;
  const drivers = [...new Set(moving.map(({ to }) => to.driver ?? 'none'))];
  const isBack = moving.every(({ to }) => isOfHost(to));
  const title = isBack ? `Return ${what} to the host` : `Bind ${what} to ${drivers.join(', ')}`;
  return `${title}: ${count(moving.length, 'device')}`;
}

function moduleSteps(moving: readonly Moving[], { isRegistered }: HostBindingState): readonly Step[] {
  const drivers = new Set(moving.map(({ to }) => to.driver));
  return [...drivers].flatMap((driver): readonly Step[] => {
    if (driver === null || driver === DEFAULT_DRIVER || isRegistered(driver)) return [];
    // modprobe accepts a hyphen and an underscore.
    const change = { kind: 'module', module: driver, driver, from: false, to: true } as const;
    return [{ words: moduleKind.words(change), change }];
  });
}

/** Devices for VMs are recorded with their earlier drivers; devices that return are removed from the record. */
function recordSteps(moving: readonly Moving[], { record, bootId }: HostBindingState): readonly Step[] {
  const earlier = new Map<PciAddress, EarlierDriver>(parseEarlierDrivers(record));
  for (const { device, from, to } of moving) {
    if (isOfHost(to)) earlier.delete(device.address);
    // The driver before the first of several changes counts.
    else if (isOfHost(from))
      earlier.set(device.address, { id: guardOf(device).id, ...from, ...seenOf(device, bootId) });
  }
  const to = serializeEarlierDrivers(earlier);
  if (to === record) return [];
  const change: FileChange = { kind: 'file', path: EARLIER_DRIVERS_PATH, from: record, to };
  return [{ words: `save the current drivers and identities to ${EARLIER_DRIVERS_PATH}`, change }];
}

/** The marks that distinguish it from others of its kind, while a host driver shows them. */
function seenOf(
  device: DeviceWith<GuardField | 'attachments' | 'sriov'>,
  bootId: string | null,
): Pick<EarlierDriver, 'seen'> {
  const marks = hostMarksOf(knownValue(device.attachments) ?? []);
  // A VF is identified by its PF.
  if (bootId === null || isVf(device) || !isMarked(marks)) return {};
  return { seen: lastSeenAs(bootId, guardOf(device).subsystem, marks) };
}

function driverStep({ device: { address }, from, to }: Moving): Step {
  const change = { kind: 'driver', address, from, to } as const;
  return { words: driverKind.words(change), change };
}
