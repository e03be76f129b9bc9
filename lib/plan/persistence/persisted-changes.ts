import type { DeviceWith } from '../../pci/device.ts';
import { type TraitField, traitsOf } from '../../pci/device-traits.ts';
import { findPersisted, persistedFor } from '../../pci/persisted/find-persisted.ts';
import { type PersistedDevice, persistedDeviceOf } from '../../pci/persisted/persisted-device.ts';
import type { BoundDevice } from '../binding/binding.ts';
import {
  type PersistedBinding,
  type PersistedField,
  persistedBindingOf,
} from '../binding/persisted-bindings.ts';
import { type PersistedPf, persistedPfOf } from '../sriov/persisted-vfs.ts';
import type { VfsProposal } from '../sriov/plan-vfs.ts';
import type { VfGoal } from '../sriov/vf-goal.ts';

/**
 * The records after devices are added for each boot: these devices with their drivers, and all earlier records.
 *
 * @param devices all devices of the host
 * @throws PortalGunError CANNOT_PERSIST
 */
export function withPersisted(
  bound: readonly BoundDevice<DeviceWith<PersistedField>>[],
  kept: readonly PersistedBinding[],
  devices: readonly DeviceWith<PersistedField>[],
): readonly PersistedBinding[] {
  return bound.reduce<readonly PersistedBinding[]>(
    (bindings, { device, driver }) =>
      withEntry(device, bindings, devices, {
        entryOf: (known) => persistedBindingOf(device, driver, known, devices),
        movedTo: (found, entry) => persistedBindingOf(found, entry.driver, entry, devices),
      }),
    kept,
  );
}

/**
 * The records after a PF is added for each boot with the proposed state; without VFs it is not recorded.
 *
 * @param devices the devices that it could be confused with: at least all PFs of the host
 * @throws PortalGunError CANNOT_PERSIST
 */
export function withPersistedVfs(
  proposal: VfsProposal<DeviceWith<TraitField>, DeviceWith<never>>,
  goal: VfGoal,
  kept: readonly PersistedPf[],
  devices: readonly DeviceWith<TraitField>[],
): readonly PersistedPf[] {
  const { pf } = proposal.state;
  if (proposal.to.count === 0) return withoutPersisted([pf], kept, devices);
  return withEntry(pf, kept, devices, {
    entryOf: (known) => persistedPfOf(proposal, goal, known, devices),
    movedTo: (found, { count, autoprobe, isUp, vfs, ...entry }) => ({
      ...persistedDeviceOf(found, entry, devices),
      ...{ count, autoprobe, isUp, vfs },
    }),
  });
}

/** How the entries of a record are created. */
interface Entries<T, Device> {
  entryOf(known: T | null): T;
  /** An entry for the current place of its device. */
  movedTo(found: Device, entry: T): T;
}

/**
 * An entry for the same place is removed if its device no longer exists, because only one device can be there. If the
 * device is elsewhere, its entry follows it; if it may be elsewhere, its entry stays.
 */
function withEntry<T extends PersistedDevice, Device extends DeviceWith<TraitField>>(
  device: DeviceWith<never>,
  kept: readonly T[],
  devices: readonly Device[],
  { entryOf, movedTo }: Entries<T, Device>,
): readonly T[] {
  const known = persistedFor(device, kept, devices);
  const added = entryOf(known);
  const others = kept.flatMap((entry) => {
    if (entry === known) return [];
    if (entry.path !== added.path) return [entry];
    const { kind, device: found } = findPersisted(entry, devices);
    if (kind === 'moved' && found !== device) return [movedTo(found, entry)];
    return kind === 'unknown' && traitsOf(found).path !== entry.path ? [entry] : [];
  });
  return [...others, added];
}

/** The records that remain after some devices are removed from them. */
export function withoutPersisted<T extends PersistedDevice>(
  freed: readonly DeviceWith<never>[],
  kept: readonly T[],
  devices: readonly DeviceWith<TraitField>[],
): readonly T[] {
  const struck = freed.map((device) => persistedFor(device, kept, devices));
  return kept.filter((entry) => !struck.includes(entry));
}
