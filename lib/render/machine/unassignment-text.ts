import { escapeControls } from '../../base/text.ts';
import type { PlanDetails } from '../../documents/changes/plan.ts';
import type { UnassignmentSubject } from '../../operations/assignment/propose-unassignment.ts';
import type { MachineAssignment } from '../../plan/assignment/plan-assignment.ts';
import { releaseHint } from '../../plan/release-hint.ts';
import { assignmentDetails, renderAssignments } from './assignment-text.ts';
import { attachmentDetails, renderAttachments } from './attachment-text.ts';

/** The VMs that lose devices, and devices that another program added. */
export function renderUnassignment(subject: UnassignmentSubject, width: number | null): string {
  const { assignments, foreign, attachments, skipped, isChosen } = subject;
  const now = renderAttachments(attachments, isChosen ? skipped : [], width);
  return renderAssignments([], [...assignments, ...foreign], width, now);
}

/** The text for a plan without steps. */
export function renderNothingToUnassign({ scope, foreign, unknown }: UnassignmentSubject): string {
  const has = scope.config ? 'VM has that device' : 'running VM has that device';
  const asFar = unknown === 0 ? '' : ', but some definitions cannot be read';
  return `No ${has} from pci assign${asFar}.\n${foreign.map(foreignLine).join('')}Nothing to do.\n`;
}

function foreignLine({ machine, byOthers }: MachineAssignment): string {
  const [first] = byOthers;
  const hint = first === undefined ? '' : releaseHint(machine, first);
  return `${escapeControls(machine.name)} has ${byOthers.join(', ')}: ${escapeControls(hint)}.\n`;
}

/** The same for the document of a plan. */
export function unassignmentDetails(subject: UnassignmentSubject): PlanDetails {
  const { scope, assignments, foreign, attachments, skipped } = subject;
  return {
    ...assignmentDetails(subject, [], [...assignments, ...foreign]),
    ...attachmentDetails(scope.live, attachments, skipped),
  };
}
