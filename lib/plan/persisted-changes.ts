import type { PciDevice } from '../pci/device.ts';
import { persistedFor } from '../pci/find-persisted.ts';
import type { PersistedDevice } from '../pci/persisted-device.ts';
import type { BoundDevice } from './binding.ts';
import { type PersistedBinding, persistedBindingOf } from './persisted-bindings.ts';
import { type PersistedPf, persistedPfOf } from './persisted-vfs.ts';
import type { VfsProposal } from './plan-vfs.ts';
import type { VfGoal } from './vf-goal.ts';

/**
 * What is written down once devices are to be bound at each boot: they with their drivers, and all that was before.
 *
 * @param devices all of the host; those with `TRAIT_FIELDS`
 * @throws PortalGunError CANNOT_PERSIST
 */
export function withPersisted(
  bound: readonly BoundDevice[],
  kept: readonly PersistedBinding[],
  devices: readonly PciDevice[],
): readonly PersistedBinding[] {
  return bound.reduce<readonly PersistedBinding[]>(
    (bindings, { device, driver }) =>
      withEntry(device, bindings, devices, (known) => persistedBindingOf(device, driver, known, devices)),
    kept,
  );
}

/**
 * What is written down once a PF is to have at each boot what is proposed for it; without VFs it is not written down.
 *
 * @param devices where it may be taken for another: all PFs of the host at least; those with `TRAIT_FIELDS`
 * @throws PortalGunError CANNOT_PERSIST
 */
export function withPersistedVfs(
  proposal: VfsProposal,
  goal: VfGoal,
  kept: readonly PersistedPf[],
  devices: readonly PciDevice[],
): readonly PersistedPf[] {
  const { pf } = proposal.situation;
  if (proposal.to.count === 0) return withoutPersisted([pf], kept, devices);
  return withEntry(pf, kept, devices, (known) => persistedPfOf(proposal, goal, known, devices));
}

/** An entry that names the same place gives way: only one device can be there. */
function withEntry<T extends PersistedDevice>(
  device: PciDevice,
  kept: readonly T[],
  devices: readonly PciDevice[],
  entryOf: (known: T | null) => T,
): readonly T[] {
  const known = persistedFor(device, kept, devices);
  const added = entryOf(known);
  return [...kept.filter((each) => each !== known && each.path !== added.path), added];
}

/** What stays written down once it is to be so no more of some devices. */
export function withoutPersisted<T extends PersistedDevice>(
  freed: readonly PciDevice[],
  kept: readonly T[],
  devices: readonly PciDevice[],
): readonly T[] {
  const struck = freed.map((device) => persistedFor(device, kept, devices));
  return kept.filter((entry) => !struck.includes(entry));
}
