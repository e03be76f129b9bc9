import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { findPersisted } from '../../pci/persisted/find-persisted.ts';
import type { PersistedBinding } from './persisted-bindings.ts';

/**
 * The state of a persisted binding.
 *
 * - `in-force`: its device is at its place, on its driver.
 * - `not-in-force`: it is there, on another driver or on none.
 * - `moved`: it is at another place, where it is not bound early in a boot.
 * - `replaced`: another device is at its place, and it is nowhere.
 * - `missing`: it is nowhere.
 * - `ambiguous`: several devices may be it.
 * - `unknown`: one of its kind is at its place, or elsewhere; what would tell it from others can't be read.
 */
export type BindingState =
  | 'in-force'
  | 'not-in-force'
  | 'moved'
  | 'replaced'
  | 'missing'
  | 'ambiguous'
  | 'unknown';

/** A persisted binding, and its state on a host. */
export interface BindingStatus<Device extends DeviceWith<TraitField> = PciDevice> {
  readonly binding: PersistedBinding;
  readonly state: BindingState;
  /** Its device; of one that was replaced, what is at its place; of one that is not known, what may be it. */
  readonly device: Device | null;
  /** Of one that moved, or may have: what is at its place now; `null` for nothing. */
  readonly instead: Device | null;
}

/** Whether the device of a binding is on its driver, wherever it is. */
export function isBound({ binding, state, device }: BindingStatus<DeviceWith<TraitField>>): boolean {
  return state === 'in-force' || (state === 'moved' && device?.driver === binding.driver);
}

/** The status of a persisted binding. */
export function bindingStatus<Device extends DeviceWith<TraitField>>(
  binding: PersistedBinding,
  devices: readonly Device[],
): BindingStatus<Device> {
  const { kind, device, ...found } = findPersisted(binding, devices);
  const instead = 'instead' in found ? (found.instead ?? null) : null;
  if (kind !== 'here') return { binding, state: kind, device, instead };
  return { binding, state: device.driver === binding.driver ? 'in-force' : 'not-in-force', device, instead };
}
