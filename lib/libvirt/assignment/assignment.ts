import type { PciAddress } from '../../pci/address.ts';
import type { PersistedDevice } from '../../pci/persisted/persisted-device.ts';
import type { HostDevice } from '../hostdev/host-device.ts';

/**
 * Who may have a device.
 *
 * - `shared`: every VM that it was assigned to, one at a time.
 * - `exclusive`: one VM.
 * - `vf-pool`: each VM has its own VF of one PF.
 */
export const ASSIGNMENT_POLICIES = ['shared', 'exclusive', 'vf-pool'] as const;
export type AssignmentPolicy = (typeof ASSIGNMENT_POLICIES)[number];

/** The prefix of every alias that portal-gun creates: it may remove a device with such an alias. */
export const ALIAS_PREFIX = 'ua-portal-gun-';
/** The same for the ports that were added for such devices. */
export const PORT_ALIAS_PREFIX = `${ALIAS_PREFIX}port-`;

/** The record of an assigned device in the definition of a VM: which device was meant, and how it was assigned. */
export interface Assignment {
  /** The alias of the element of the device. */
  readonly alias: string;
  readonly policy: AssignmentPolicy;
  /** The traits that find the device again if its address changes. */
  readonly device: PersistedDevice;
  /**
   * Its IOMMU group; `null` if it had none, if it was unknown, or for a device of a pool: VFs get another group each
   * time they are created.
   */
  readonly iommuGroup: number | null;
  /** The names of accepted safety rules, in alphabetical order; none if none is recorded. */
  readonly allowed?: readonly string[];
  /**
   * Whether it joined function 0 of its guest slot, which does not belong to portal-gun and had no
   * `multifunction='on'` before. That attribute is removed with the last function that joined.
   */
  readonly joinsSlot?: boolean;
}

/** A device in a VM's definition that belongs to portal-gun, with its record. */
export interface AssignedDevice {
  readonly alias: string;
  /** `null` if another program removed it from the metadata. */
  readonly assignment: Assignment | null;
  /** `null` if another program removed it from the devices. */
  readonly device: Exclude<HostDevice, { readonly kind: 'pool-interface' }> | null;
}

/**
 * All parts of a VM's definition that belong to portal-gun, except its category. Plain data, for plans and journals.
 */
export interface AssignedState {
  /** By alias. */
  readonly devices: readonly AssignedDevice[];
  /** The indices of the root ports that were added, in ascending order. */
  readonly rootPorts: readonly number[];
}

/** The address of a device in a VM's definition; `null` if there is only a record. */
export function addressOf({ device, assignment }: AssignedDevice): PciAddress | null {
  if (device !== null && 'address' in device) return device.address;
  return assignment?.device.address ?? null;
}

/** The alias for a new assignment: it names the device as long as it is assigned, even if it moves. */
export function aliasOf(address: string): string {
  return `${ALIAS_PREFIX}${address.replaceAll(/[:.]/g, '-')}`;
}

/** An alias that is not taken: a device that moved keeps its alias, so another device may have its address now. */
export function freeAlias(alias: string, taken: ReadonlySet<string | null>): string {
  let free = alias;
  for (let number = 2; taken.has(free); number += 1) free = `${alias}-${number}`;
  return free;
}
