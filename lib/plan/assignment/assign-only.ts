import { readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import { type AssignedState, addressOf } from '../../libvirt/assignment/assignment.ts';
import { withAssigned } from '../../libvirt/assignment/with-assigned.ts';
import { parseMachine } from '../../libvirt/machine/machine.ts';
import { parseXml } from '../../libvirt/xml/xml-document.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { type AssignedField, assignmentStatuses, repairAssignments } from './assignment-status.ts';
import {
  assignTo,
  type DefinedMachine,
  type DeviceToAssign,
  type MachineAssignment,
  unassignFrom,
} from './plan-assignment.ts';

/**
 * A VM's definition with these devices, and without all others that portal-gun assigned. A device that it already has
 * keeps its place in the guest, also if it moved on the host. A place that becomes free can be used again.
 *
 * @param hostDevices all devices of the host
 * @param isOfCard whether a function shares a guest slot with the others of its card
 * @throws PortalGunError as {@link assignTo}
 */
export function assignOnly(
  machine: DefinedMachine,
  devices: readonly DeviceToAssign[],
  hostDevices: readonly DeviceWith<AssignedField>[],
  isOfCard: (address: PciAddress) => boolean,
): MachineAssignment {
  const moved = assignmentStatuses(machine, hostDevices).filter(({ standing }) => standing === 'moved');
  const followed = withState(machine, repairAssignments(machine, moved, hostDevices).to);
  const wanted = new Set(devices.map(({ device }) => device.address));
  const without = unassignFrom(followed, (assigned) => {
    const address = addressOf(assigned);
    return assigned.assignment !== null && (address === null || !wanted.has(address));
  });
  const assignment = assignTo(withState(followed, without.to), devices, isOfCard);
  return { ...assignment, machine, from: readAssigned(machine.definition.document), lost: without.lost };
}

function withState(machine: DefinedMachine, state: AssignedState): DefinedMachine {
  const { document } = machine.definition;
  const after = parseXml(withAssigned(document, state), document.name);
  const definition = { document: after, machine: parseMachine(after, () => undefined), unreadable: null };
  return { ...machine, definition };
}
