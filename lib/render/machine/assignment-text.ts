import { count, escapeControls } from '../../base/text.ts';
import type { PlanDetails, PlanPart } from '../../documents/changes/plan.ts';
import type { AssignedDeviceFacts } from '../../documents/changes/plan-parts.ts';
import type { AssignedDevice } from '../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { virshCommand } from '../../libvirt/machine/machine-words.ts';
import { formatGuestAddress } from '../../libvirt/xml/pci-address-xml.ts';
import type {
  AssignmentSubject,
  MachinesSubject,
  ProposedDevice,
} from '../../operations/assignment/assignment-subject.ts';
import type { LeftDevice } from '../../plan/assignment/assignment-rules.ts';
import type { MachineAssignment } from '../../plan/assignment/plan-assignment.ts';
import { renderPersistence } from '../change/persistence-text.ts';
import { deviceTitle } from '../layout/facts.ts';
import { tableBlock } from '../layout/table-block.ts';
import { renderVfPool, vfPoolDetails } from '../sriov/vf-pool-text.ts';
import { attachmentDetails, renderAttachments } from './attachment-text.ts';
import { leftDocument, renderLeft } from './distribution-text.ts';
import { noteLine, whenOf } from './machine-notes.ts';

/** The devices for VMs, and the VMs that get them; with rules also the devices that stay with the host. */
export function renderAssignment(subject: AssignmentSubject, width: number | null): string {
  const { devices, assignments, attachments, skipped, pool, persistence, bootNotes, left } = subject;
  if (pool !== null) {
    return renderVfPool(pool, skipped, bootNotes, width) + renderPersistence(persistence, width);
  }
  const now = renderAttachments(attachments, skipped, width);
  if (left === null) return renderAssignments(devices, assignments, width, now);
  const given = devices.length === 0 ? '' : `${renderAssignments(devices, assignments, width)}\n`;
  return `${given}Stays with the host:\n${renderLeft(left, width)}${tagAdvice(left)}`;
}

/** The text for a plan without steps. */
export function renderNothingToAssign(subject: AssignmentSubject, width: number | null): string {
  const { scope, assignments, attachments, devices, pool, left } = subject;
  if (left !== null) return `${renderAssignment(subject, width)}\nNothing to do.\n`;
  const there = scope.config ? 'assigned' : 'attached';
  const pf = devices[0]?.device.address;
  const what = pool === null ? `already ${there}` : `each already has its VF of ${pf}`;
  return `${count((scope.config ? assignments : attachments).length, 'VM')}: ${what}.\nNothing to do.\n`;
}

/** The same for the document of a plan. */
export function assignmentSubjectDetails(subject: AssignmentSubject): PlanDetails {
  const { scope, devices, assignments, attachments, skipped, pool, persistence, left } = subject;
  return {
    ...assignmentDetails(subject, devices, assignments),
    ...(pool === null ? {} : vfPoolDetails(pool, persistence)),
    ...(left === null ? attachmentDetails(scope.live, attachments, skipped) : { left: leftDocument(left) }),
  };
}

/** The commands that tag VMs with the types that no VM has. */
function tagAdvice(left: readonly LeftDevice[]): string {
  const types = new Set(left.flatMap(({ missingType }) => missingType ?? []));
  return [...types].map((type) => `To tag a VM: portal tag NAME --type ${type}\n`).join('');
}

/**
 * The devices that each VM gets or loses, and when that takes effect.
 *
 * @param now the same for running VMs, as text of whole lines
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

/** A saved state has the devices of its time, whatever the definition contains. */
function savedNote({ machine, gained, lost }: MachineAssignment): readonly string[] {
  if (!machine.hasManagedSave || gained.length + lost.length === 0) return [];
  return [
    `${machine.name} has a saved state: its next start restores it, with the devices of that time; to discard it: ${virshCommand('managedsave-remove', machine)}`,
  ];
}

/** The notes, once for all devices with the same note. */
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

function machineRow(assignment: MachineAssignment): readonly string[] {
  return [escapeControls(assignment.machine.name), whenOf(assignment), whatOf(assignment)];
}

function whatOf({ gained, lost, byOthers }: MachineAssignment): string {
  const parts = [
    ...gained.map((each) => `+ ${named(each)}${placeOf(each)}`),
    ...lost.map((each) => `- ${named(each)}`),
    ...byOthers.map((address) => `has ${address}, which pci assign did not add: unchanged`),
  ];
  return parts.length === 0 ? 'no change' : escapeControls(parts.join(', '));
}

function named(each: AssignedDevice): string {
  return addressOf(each) ?? each.alias;
}

function placeOf({ device }: AssignedDevice): string {
  const guestAddress = device?.guestAddress ?? null;
  return guestAddress === null ? '' : ` at ${formatGuestAddress(guestAddress)}`;
}

/**
 * The same for the document of a plan.
 *
 * @param machines the changes of each VM, including those without changes
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
