import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { findPersisted } from '../../pci/persisted/find-persisted.ts';
import type { PersistedBinding } from './persisted-bindings.ts';

/**
 * The state of a persisted binding.
 *
 * - `in-force`: its device is at its place, on its driver.
 * - `not-in-force`: it is there, on another driver or on none.
 * - `moved`: it is at another place, so it is not bound early in a boot.
 * - `replaced`: another device is at its place, and the device was not found.
 * - `missing`: it was not found.
 * - `ambiguous`: several devices match it.
 * - `unknown`: a device of its kind is at its place, or elsewhere, and its identity cannot be read.
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
  /** Its device; if it was replaced, the device at its place; if it is unknown, the candidate. */
  readonly device: Device | null;
  /** If it moved, or may have moved: the device at its place now; `null` for none. */
  readonly instead: Device | null;
}

/** Whether the device of a binding is on its driver, at any place. */
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
