import { count, escapeControls } from '../../base/text.ts';
import type { AssignmentSubject } from '../../operations/assignment/assignment-subject.ts';
import type { UnassignmentSubject } from '../../operations/assignment/propose-unassignment.ts';
import type { LeftDevice } from '../../plan/assignment/assignment-rules.ts';
import type { MachineAssignment } from '../../plan/assignment/plan-assignment.ts';
import { releaseHint } from '../../plan/release-hint.ts';
import { renderPersistence } from '../change/persistence-text.ts';
import { renderVfPool, vfPoolDetails } from '../sriov/vf-pool-text.ts';
import { assignmentDetails, renderAssignments } from './assignment-text.ts';
import { attachmentDetails, renderAttachments } from './attachment-text.ts';
import { leftDocument, renderLeft } from './distribution-text.ts';

/** Which devices VMs get, and who gets what; with rules also what they leave with the host. */
export function renderAssignment(subject: AssignmentSubject, width: number | null): string {
  const { devices, assignments, attachments, skipped, pool, persistence, bootNotes, left } = subject;
  if (pool !== null) {
    return renderVfPool(pool, skipped, bootNotes, width) + renderPersistence(persistence, width);
  }
  const now = renderAttachments(attachments, skipped, width);
  if (left === null) return renderAssignments(devices, assignments, width, now);
  const given = devices.length === 0 ? '' : `${renderAssignments(devices, assignments, width)}\n`;
  return `${given}Left with the host:\n${renderLeft(left, width)}${tagAdvice(left)}`;
}

/** What is told of a plan without a step. */
export function renderNothingToAssign(subject: AssignmentSubject, width: number | null): string {
  const { scope, assignments, attachments, devices, pool, left } = subject;
  if (left !== null) return `${renderAssignment(subject, width)}\nNothing to do.\n`;
  const there = scope.config ? 'given' : 'there';
  const pf = devices[0]?.device.address;
  const what = pool === null ? `${there} already` : `each has its VF of ${pf} already`;
  return `${count((scope.config ? assignments : attachments).length, 'machine')}: ${what}.\nNothing to do.\n`;
}

/** The same for the document of a plan. */
export function assignmentSubjectDetails(subject: AssignmentSubject): object {
  const { scope, devices, assignments, attachments, skipped, pool, persistence, left } = subject;
  return {
    ...assignmentDetails(subject, devices, assignments),
    ...(pool === null ? {} : vfPoolDetails(pool, persistence)),
    ...(left === null ? attachmentDetails(scope.live, attachments, skipped) : { left: leftDocument(left) }),
  };
}

/** How VMs come to be of the types that none is of. */
function tagAdvice(left: readonly LeftDevice[]): string {
  const types = new Set(left.flatMap(({ missingType }) => missingType ?? []));
  return [...types].map((type) => `To tag a machine: portal tag NAME --type ${type}\n`).join('');
}

/** Who loses what, and what somebody else gave. */
export function renderUnassignment(subject: UnassignmentSubject, width: number | null): string {
  const { assignments, foreign, attachments, skipped, isChosen } = subject;
  const now = renderAttachments(attachments, isChosen ? skipped : [], width);
  return renderAssignments([], [...assignments, ...foreign], width, now);
}

/** What is told of a plan without a step. */
export function renderNothingToUnassign({ scope, foreign, unknown }: UnassignmentSubject): string {
  const has = scope.config ? 'is given that' : 'that runs has that';
  const asFar = unknown === 0 ? '' : ', as far as can be told';
  return `No machine ${has} by pci assign${asFar}.\n${foreign.map(foreignLine).join('')}Nothing to do.\n`;
}

function foreignLine({ machine, byOthers }: MachineAssignment): string {
  const [first] = byOthers;
  const hint = first === undefined ? '' : releaseHint(machine, first);
  return `${escapeControls(machine.name)} has ${byOthers.join(', ')}: ${escapeControls(hint)}.\n`;
}

/** The same for the document of a plan. */
export function unassignmentDetails(subject: UnassignmentSubject): object {
  const { scope, assignments, foreign, attachments, skipped } = subject;
  return {
    ...assignmentDetails(subject, [], [...assignments, ...foreign]),
    ...attachmentDetails(scope.live, attachments, skipped),
  };
}
