import { formatSpan } from '../../base/text.ts';
import { takesWayIn } from '../../checks/safety/remote-access.ts';
import type { Proposal } from '../../plan/proposal.ts';

/** What a plan is to be confirmed for, or that it had better be; nothing where neither is so. */
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

/** What is to be done once a change is made that awaits confirmation. */
export function renderAwaiting(confirmWithinMs: number): string {
  return `Confirm the change within ${formatSpan(confirmWithinMs)}, or it is undone: pci confirm\n`;
}
