import type { PciAddress } from '../../pci/address.ts';
import type { PersistedDevice } from '../../pci/persisted/persisted-device.ts';
import type { HostDevice } from '../hostdev/host-device.ts';

/**
 * Who may have a device.
 *
 * - `shared`: every machine of those it was assigned to, one at a time.
 * - `exclusive`: one machine.
 * - `vf-pool`: each machine has a VF of its own of one PF.
 */
export const ASSIGNMENT_POLICIES = ['shared', 'exclusive', 'vf-pool'] as const;
export type AssignmentPolicy = (typeof ASSIGNMENT_POLICIES)[number];

/** What every alias begins with that we give: a device of a machine with such a one is ours to take away. */
export const ALIAS_PREFIX = 'ua-portal-gun-';
/** The same of the ports that were added for such devices. */
export const PORT_ALIAS_PREFIX = `${ALIAS_PREFIX}port-`;

/** What is kept in a machine's definition of a device that was assigned to it: which device was meant, and how. */
export interface Assignment {
  /** Of the element that gives the device. */
  readonly alias: string;
  readonly policy: AssignmentPolicy;
  /** By which the device is found again where its address moved. */
  readonly device: PersistedDevice;
  /** The IOMMU group that it was in; `null` where it had none, that was not known, or it is of a pool: VFs get another each time that they are made. */
  readonly iommuGroup: number | null;
  /** The names of safety rules that were lifted for it, in alphabetical order; none where nothing is kept. */
  readonly allowed?: readonly string[];
  /**
   * Whether it joined function 0 of its guest slot, which is not ours and had no `multifunction='on'` until then: that is taken
   * away again with the last function that joined.
   */
  readonly joinsSlot?: boolean;
}

/** A device of a machine's definition that is ours, with what is kept of it. */
export interface AssignedDevice {
  readonly alias: string;
  /** `null` where somebody took it out of the metadata. */
  readonly assignment: Assignment | null;
  /** `null` where somebody took it out of the devices. */
  readonly device: Exclude<HostDevice, { readonly kind: 'pool-interface' }> | null;
}

/** All that is ours in a machine's definition, apart from its category. Plain data, for plans and journals. */
export interface AssignedState {
  /** By alias. */
  readonly devices: readonly AssignedDevice[];
  /** The indices of the root ports that were added, in ascending order. */
  readonly rootPorts: readonly number[];
}

/** The address by which a machine's definition gives a device; `null` where it is kept in mind alone. */
export function addressOf({ device, assignment }: AssignedDevice): PciAddress | null {
  if (device !== null && 'address' in device) return device.address;
  return assignment?.device.address ?? null;
}

/** The alias of a device that is assigned now: its name for as long as it is, also when it moves. */
export function aliasOf(address: string): string {
  return `${ALIAS_PREFIX}${address.replaceAll(/[:.]/g, '-')}`;
}

/** An alias that none of those is: a device that moved keeps its own, so that another may have its address by now. */
export function freeAlias(alias: string, taken: ReadonlySet<string | null>): string {
  let free = alias;
  for (let number = 2; taken.has(free); number += 1) free = `${alias}-${number}`;
  return free;
}
