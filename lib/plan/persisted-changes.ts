import type { PciDevice } from '../pci/device.ts';
import type { BoundDevice } from './binding.ts';
import { bindingFor } from './find-binding.ts';
import { type PersistedBinding, persistedBindingOf } from './persisted-bindings.ts';

/**
 * What is written down once devices are to be bound at each boot: they with their drivers, and all that was before. An entry
 * that names the same place gives way: only one device can be there.
 *
 * @param devices all of the host; those with `TRAIT_FIELDS`
 * @throws PortalGunError CANNOT_PERSIST
 */
export function withPersisted(
  bound: readonly BoundDevice[],
  kept: readonly PersistedBinding[],
  devices: readonly PciDevice[],
): readonly PersistedBinding[] {
  return bound.reduce<readonly PersistedBinding[]>((bindings, { device, driver }) => {
    const known = bindingFor(device, bindings, devices);
    const added = persistedBindingOf(device, driver, known);
    return [...bindings.filter((each) => each !== known && each.path !== added.path), added];
  }, kept);
}

/** What stays written down once some devices are to be bound no more. */
export function withoutPersisted(
  freed: readonly PciDevice[],
  kept: readonly PersistedBinding[],
  devices: readonly PciDevice[],
): readonly PersistedBinding[] {
  const struck = freed.map((device) => bindingFor(device, kept, devices));
  return kept.filter((binding) => !struck.includes(binding));
}
