import { formatSpan } from '../../base/text.ts';
import { takesWayIn } from '../../checks/safety/remote-access.ts';
import type { Proposal } from '../../plan/proposal.ts';

/** What a plan is to be confirmed for, or that it had better be; nothing where neither is so. */
export function renderConfirmationAdvice(
  { findings, allowed }: Proposal,
  confirmWithinMs: number | null,
): string {
  if (confirmWithinMs !== null) {
    return `\nOnce made, it is undone by itself unless it is confirmed within ${formatSpan(confirmWithinMs)}.\n`;
  }
  if (!takesWayIn(findings, allowed)) return '';
  return '\nIt may cut you off: with --confirm-within 60s it is undone by itself unless you confirm it.\n';
}

/** What is to be done once a change is made that awaits confirmation. */
export function renderAwaiting(confirmWithinMs: number): string {
  return `Confirm it within ${formatSpan(confirmWithinMs)}, or it is undone by itself: pci confirm\n`;
}
