import { escapeControls } from '../../base/text.ts';
import type { PlanPart } from '../../documents/changes/plan.ts';
import type { AssignedDeviceFacts } from '../../documents/changes/plan-parts.ts';
import type { AssignedDevice } from '../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { virshCommand } from '../../libvirt/machine/machine-words.ts';
import { formatGuestAddress } from '../../libvirt/xml/pci-address-xml.ts';
import type { MachinesSubject, ProposedDevice } from '../../operations/assignment/assignment-subject.ts';
import type { MachineAssignment } from '../../plan/assignment/plan-assignment.ts';
import { deviceTitle } from '../layout/facts.ts';
import { tableBlock } from '../layout/table-block.ts';
import { hangText } from '../layout/wrap-text.ts';

/**
 * Who gets what, or loses it, and when that is in force.
 *
 * @param now the same of what runs, as text of whole lines
 */
export function renderAssignments(
  devices: readonly ProposedDevice[],
  machines: readonly MachineAssignment[],
  width: number | null,
  now = '',
): string {
  const rows = devices.map(({ device, asked, why }) => [
    device.address,
    deviceTitle(device),
    escapeControls(why ?? (asked ? 'you asked for it' : 'same IOMMU group')),
  ]);
  const notes = [...sharedNotes(devices), ...machines.flatMap(savedNote)].map((text) =>
    noteLine(text, width),
  );
  const blocks = [tableBlock(rows, width), tableBlock(machines.map(machineRow), width), now, notes.join('')];
  return blocks.filter((block) => block !== '').join('\n');
}

/** A saved state has the devices that the machine had then, whatever its definition says. */
function savedNote({ machine, gained, lost }: MachineAssignment): readonly string[] {
  if (!machine.hasManagedSave || gained.length + lost.length === 0) return [];
  return [
    `${machine.name} has a saved state, and its next start restores that with the devices that it had then; to discard it: ${virshCommand('managedsave-remove', machine)}`,
  ];
}

/** What there is to know, once for all devices that it is so of. */
function sharedNotes(devices: readonly ProposedDevice[]): readonly string[] {
  const subjects = new Map<string, string[]>();
  for (const { device, notes } of devices) {
    for (const { message } of notes) {
      const known = subjects.get(message);
      if (known === undefined) subjects.set(message, [device.address]);
      else known.push(device.address);
    }
  }
  return [...subjects].map(([message, addresses]) => `${addresses.join(', ')}: ${message}`);
}

/** What to know of it, in lines of their own. */
export function noteLine(text: string, width: number | null): string {
  const start = '  note: ';
  return `${hangText({ start, startWidth: start.length, text: escapeControls(text), indent: start.length, width })}\n`;
}

function machineRow(assignment: MachineAssignment): readonly string[] {
  return [escapeControls(assignment.machine.name), whenOf(assignment), whatOf(assignment)];
}

function whatOf({ gained, lost, byOthers }: MachineAssignment): string {
  const parts = [
    ...gained.map((each) => `+ ${named(each)}${placeOf(each)}`),
    ...lost.map((each) => `- ${named(each)}`),
    ...byOthers.map((address) => `has ${address}, not by pci assign: left`),
  ];
  return parts.length === 0 ? 'nothing changes' : escapeControls(parts.join(', '));
}

function named(each: AssignedDevice): string {
  return addressOf(each) ?? each.alias;
}

function placeOf({ device }: AssignedDevice): string {
  const guestAddress = device?.guestAddress ?? null;
  return guestAddress === null ? '' : ` at ${formatGuestAddress(guestAddress)}`;
}

/** From when on what a machine gains or loses is in force. */
export function whenOf({ machine, gained, lost }: MachineAssignment): string {
  if (gained.length + lost.length === 0) return '';
  return machine.live === null ? 'is off' : 'runs: at its next start';
}

/**
 * The same for the document of a plan.
 *
 * @param machines what becomes of each; those that are only told of among them
 */
export function assignmentDetails(
  { connect, machineDiagnostics }: MachinesSubject,
  devices: readonly ProposedDevice[],
  machines: readonly MachineAssignment[],
): PlanPart<'connect' | 'assigned' | 'machines' | 'diagnostics'> {
  return {
    connect,
    assigned: devices.map(({ device, asked, notes }) => ({ address: device.address, asked, notes })),
    machines: machines.map(({ machine, gained, lost, byOthers }) => ({
      name: machine.name,
      uuid: machine.uuid,
      state: machine.state,
      hasManagedSave: machine.hasManagedSave,
      gained: gained.map(assignedDocument),
      lost: lost.map(assignedDocument),
      byOthers,
    })),
    diagnostics: machineDiagnostics,
  };
}

function assignedDocument(each: AssignedDevice): AssignedDeviceFacts {
  const guestAddress = each.device?.guestAddress ?? null;
  return {
    alias: each.alias,
    address: addressOf(each),
    guestAddress: guestAddress === null ? null : formatGuestAddress(guestAddress),
    policy: each.assignment?.policy ?? null,
  };
}
