import { formatSpan } from '../../base/text.ts';
import { takesWayIn } from '../../checks/safety/remote-access.ts';
import type { Proposal } from '../../plan/proposal.ts';

/** The advice to confirm a plan, or to apply it with a time limit; empty if neither applies. */
export function renderConfirmationAdvice(
  { findings, allowed }: Proposal,
  confirmWithinMs: number | null,
): string {
  if (confirmWithinMs !== null) {
    return `\nThe change is undone unless you confirm it within ${formatSpan(confirmWithinMs)} after the last step.\n`;
  }
  if (!takesWayIn(findings, allowed)) return '';
  return '\nThis may disconnect you. With --confirm-within 60s the change is undone unless you confirm it.\n';
}

/** The instruction after a change that awaits confirmation. */
export function renderAwaiting(confirmWithinMs: number): string {
  return `Confirm the change within ${formatSpan(confirmWithinMs)}, or it is undone: pci confirm\n`;
}
