import { knownValue } from '../../base/known.ts';
import { assignedNow, type HeldDevice, readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import type { AssignedDevice, AssignedState } from '../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import type { KnownMachine, MachineDocument } from '../../libvirt/machine/read-machines.ts';
import { soleFunction, takesForSure } from '../../libvirt/machine/taken-functions.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { findPersisted, isDeviceOf } from '../../pci/persisted/find-persisted.ts';
import { keptDeviceOf } from '../../pci/persisted/persisted-device.ts';
import type { DefinedMachine, MachineAssignment } from './plan-assignment.ts';

/**
 * The status of an assignment on a host.
 *
 * - `in-place`: the definition has the recorded device.
 * - `moved`: the device is at another address now, and the definition has the old one.
 * - `group-changed`: it is the device, in a group with another number.
 * - `replaced`: another device is at its place.
 * - `missing`: it is not on the bus.
 * - `ambiguous`: several devices match it.
 * - `unknown`: a device of its kind is at its place, and its identity cannot be read.
 * - `also-elsewhere`: it is assigned exclusively, and the definition of another VM, such as a clone, has it as well.
 * - `taken-out`: another program removed the device from the definition; `unrecorded`: or its record.
 */
export type AssignmentStanding =
  | 'in-place'
  | 'moved'
  | 'group-changed'
  | 'replaced'
  | 'missing'
  | 'ambiguous'
  | 'unknown'
  | 'also-elsewhere'
  | 'taken-out'
  | 'unrecorded';

/** The facts of devices that may be assigned. */
export type AssignedField = TraitField | 'iommuGroup';

/** An assigned device in a VM's definition, with its status. */
export interface AssignmentStatus<Device extends DeviceWith<never> = PciDevice> {
  readonly assigned: AssignedDevice;
  readonly standing: AssignmentStanding;
  /** The recorded device, if it was found. */
  readonly device: Device | null;
  /** The address at which the VM has it now; `null` if it does not run, or runs without it. */
  readonly heldAt: PciAddress | null;
}

/** The statuses of all assignments of a VM. */
export function assignmentStatuses<Device extends DeviceWith<AssignedField>>(
  machine: {
    readonly definition: Pick<MachineDocument, 'document'>;
    readonly live: Pick<MachineDocument, 'machine'> | null;
  },
  devices: readonly Device[],
): readonly AssignmentStatus<Device>[] {
  const held = new Set((machine.live?.machine.devices ?? []).flatMap((device) => soleFunction(device) ?? []));
  return readAssigned(machine.definition.document).devices.map((assigned) => {
    const { standing, device } = standingOf(assigned, devices);
    const address = addressOf(assigned);
    return { assigned, standing, device, heldAt: address !== null && held.has(address) ? address : null };
  });
}

/** Statuses that include the assignments of other VMs: an exclusive device in two VMs is not as assigned. */
export function withOthers<Device extends DeviceWith<never>>(
  statuses: readonly AssignmentStatus<Device>[],
  others: readonly Pick<KnownMachine, 'definition' | 'live'>[],
): readonly AssignmentStatus<Device>[] {
  return statuses.map((status) => {
    const { assigned, standing } = status;
    const address = addressOf(assigned);
    const isForOne = (assigned.assignment?.policy ?? 'shared') !== 'shared';
    if (standing !== 'in-place' || !isForOne || address === null) return status;
    const isElsewhere = others.some((machine) =>
      [machine.definition, machine.live].some(
        (each) => each?.machine.devices.some((given) => takesForSure(given, address)) === true,
      ),
    );
    return isElsewhere ? { ...status, standing: 'also-elsewhere' } : status;
  });
}

/** The devices from pci assign that a running VM has, but its definition does not: they are lost when the VM stops. */
export function heldUntilItEnds({
  definition,
  live,
}: Pick<KnownMachine, 'definition' | 'live'>): readonly HeldDevice[] {
  // An unreadable document is reported for the VM, and not guessed.
  if (live === null || live.unreadable !== null || (definition?.unreadable ?? null) !== null) return [];
  const given = definition === null ? [] : readAssigned(definition.document).devices;
  return assignedNow({ definition, live }).filter(
    (now) => !given.some((each) => each.device !== null && addressOf(each) === now.device.address),
  );
}

function standingOf<Device extends DeviceWith<AssignedField>>(
  assigned: AssignedDevice,
  devices: readonly Device[],
): Pick<AssignmentStatus<Device>, 'standing' | 'device'> {
  const { assignment } = assigned;
  const given = addressOf(assigned);
  if (assignment === null) {
    return { standing: 'unrecorded', device: devices.find(({ address }) => address === given) ?? null };
  }
  const { kind, device } = findPersisted(assignment.device, devices);
  if (kind !== 'here' && kind !== 'moved') return { standing: kind, device: null };
  if (assigned.device === null) return { standing: 'taken-out', device };
  if (device.address !== given) return { standing: 'moved', device };
  const group = knownValue(device.iommuGroup) ?? null;
  const isSame = assignment.iommuGroup === null || group === assignment.iommuGroup;
  return { standing: isSame ? 'in-place' : 'group-changed', device };
}

/** Whether `--repair` can fix it: the recorded device was found with certainty. */
export function isRepairable({
  standing,
  device,
}: Pick<AssignmentStatus<DeviceWith<never>>, 'standing' | 'device'>): boolean {
  return device !== null && ['moved', 'group-changed', 'unrecorded'].includes(standing);
}

/** Why `--repair` leaves an assignment that is not as assigned; `null` if it is as assigned, or is repaired. */
export function leftReason(
  status: AssignmentStatus<DeviceWith<never>>,
  devices: readonly DeviceWith<TraitField>[],
): string | null {
  const { standing, assigned } = status;
  if (standing === 'in-place' || isRepairable(status)) return null;
  const vf = assigned.assignment?.device.vf;
  const pf = vf === undefined ? undefined : devices.find((device) => isDeviceOf(vf.pf, device));
  switch (standing) {
    case 'missing':
    case 'replaced':
      if (vf === undefined) {
        return standing === 'missing' ? 'its device is not on this host' : 'another device is at its place';
      }
      return pf === undefined
        ? `the PF of its VF ${vf.index} is not on this host; assign another VF: pci assign PF --policy vf-pool`
        : `its PF ${pf.address} has no VF ${vf.index}; make it: pci sriov set ${pf.address} --vfs ${vf.index + 1}`;
    case 'ambiguous':
      return 'several devices of this host match it';
    case 'unknown':
      return 'its identity cannot be read';
    case 'taken-out':
      return 'its device was removed from the definition by another program';
    default:
      return 'its device was not found';
  }
}

/** A VM's definition with the recorded devices; those that cannot be repaired are unchanged. */
export function repairAssignments(
  machine: DefinedMachine,
  statuses: readonly AssignmentStatus<DeviceWith<AssignedField>>[],
  hostDevices: readonly DeviceWith<TraitField>[],
): MachineAssignment {
  const from = readAssigned(machine.definition.document);
  const repaired = statuses.filter(isRepairable);
  const devices = from.devices.map((assigned): AssignedDevice => {
    const device = repaired.find((each) => each.assigned.alias === assigned.alias)?.device ?? null;
    return device === null ? assigned : pointedAt(assigned, device, hostDevices);
  });
  const to: AssignedState = { ...from, devices };
  const changed = devices.filter((each, index) => addressOf(each) !== addressOf(from.devices[index] ?? each));
  return { machine, from, to, gained: changed, lost: [], byOthers: [] };
}

/** The same assignment at the current place of its device. */
export function pointedAt(
  assigned: AssignedDevice,
  found: DeviceWith<AssignedField>,
  hostDevices: readonly DeviceWith<TraitField>[],
): AssignedDevice {
  const { alias, assignment, device } = assigned;
  return {
    alias,
    assignment: {
      alias,
      policy: assignment?.policy ?? 'shared',
      device: keptDeviceOf(found, assignment?.device ?? null, hostDevices),
      // VFs of a pool get another group each time they are created.
      iommuGroup: assignment?.policy === 'vf-pool' ? null : (knownValue(found.iommuGroup) ?? null),
      ...(assignment?.allowed === undefined ? {} : { allowed: assignment.allowed }),
    },
    device: device !== null && 'address' in device ? { ...device, address: found.address } : device,
  };
}
