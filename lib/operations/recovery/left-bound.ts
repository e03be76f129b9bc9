import { isOfOtherBoot } from '../../apply/journal/journal.ts';
import type { LeftJournal } from '../../apply/journal/journal-parser.ts';
import { knownValue } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { deviceAt } from '../../pci/device-at.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import { idOf } from '../../pci/identity.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { findPersisted } from '../../pci/persisted/find-persisted.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { bindingStatus } from '../../plan/binding/binding-status.ts';
import { type BoundUntilReboot, boundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';
import {
  BINDINGS_PATH,
  type PersistedBinding,
  parseBindings,
} from '../../plan/binding/persisted-bindings.ts';
import { readDriverClaims } from '../../sysfs/device/driver-claims.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { readBindings } from '../binding/persistence.ts';

/**
 * The devices that stay on a VFIO driver although the changes that bound them were undone: the early program had
 * bound them in this boot, or they could not be returned.
 *
 * @param undone the undone changes
 * @throws PortalGunError BAD_RECORD, PERMISSION_DENIED
 */
export function readLeftBound(
  host: HostReader,
  undone: readonly LeftJournal[],
  bootId: string | null,
): readonly BoundUntilReboot[] {
  const entries = undone.filter((left) => isOfOtherBoot(left, bootId)).flatMap(recordedBy);
  if (entries.length === 0 && !undone.some(hasDriverSteps)) return [];
  const { devices } = readInventory(host, NO_NAMES, TRAIT_FIELDS);
  const meant = new Set<PciAddress>([
    ...undone.flatMap((left) => boundBySteps(left, devices)),
    ...entries.flatMap((entry) => findPersisted(entry, devices).device?.address ?? []),
  ]);
  const statuses = readBindings(host).map((binding) => bindingStatus(binding, devices));
  const claims = knownValue(readDriverClaims(host)) ?? [];
  return boundUntilReboot(statuses, devices, claims).filter(({ address }) => meant.has(address));
}

/** The bindings that a change recorded, and that were not recorded before. */
function recordedBy({ plan: { steps } }: LeftJournal): readonly PersistedBinding[] {
  return steps.flatMap(({ change }) => {
    if (change.kind !== 'file' || change.path !== BINDINGS_PATH) return [];
    const before = new Set(entriesOf(change.from).map((entry) => JSON.stringify(entry)));
    return entriesOf(change.to).filter((entry) => !before.has(JSON.stringify(entry)));
  });
}

/** An invalid record was not used for bindings either. */
function entriesOf(text: string | null): readonly PersistedBinding[] {
  try {
    return parseBindings(text);
  } catch {
    return [];
  }
}

function hasDriverSteps({ plan: { steps } }: LeftJournal): boolean {
  return steps.some(({ change }) => change.kind === 'driver');
}

/** The functions that a change bound to a VFIO driver, if they are still the same. */
function boundBySteps(
  { plan }: LeftJournal,
  devices: readonly DeviceWith<'vendor' | 'device'>[],
): readonly PciAddress[] {
  return plan.steps.flatMap(({ change }) => {
    if (change.kind !== 'driver') return [];
    const { address, from, to } = change;
    if (!isPassthroughDriver(to.driver ?? '') || isPassthroughDriver(from.driver ?? '')) return [];
    const planned = plan.guards.find((guard) => guard.address === address);
    const device = deviceAt(devices, address);
    const isSame = device !== undefined && (planned?.id ?? null) === idOf(device);
    return isSame ? [address] : [];
  });
}
