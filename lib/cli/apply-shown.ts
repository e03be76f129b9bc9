import type { ApplyReport } from '../apply/apply-report.ts';
import { EXIT } from '../base/errors.ts';
import { type ApplyProposalOptions, applyProposal } from '../operations/change/apply-proposal.ts';
import type { HostProposal } from '../operations/change/host-proposal.ts';
import type { HostSession } from '../operations/session/host-session.ts';
import { renderFailure, renderProgress } from '../render/change/apply-text.ts';
import type { Style } from '../render/layout/style.ts';
import type { Dialogue, EndingSignal } from './terminal/dialogue.ts';

/** The exit status of a program that was ended by a signal. */
export const SIGNAL_EXITS: Readonly<Record<EndingSignal, number>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.terminated,
};

/**
 * Applies a proposal, and prints each step on stderr. After a signal, the current step ends, and the rest is undone.
 *
 * @throws PortalGunError as {@link applyProposal}
 */
export function applyShown(
  session: HostSession,
  proposal: HostProposal,
  { confirmWithinMs }: Required<Pick<ApplyProposalOptions, 'confirmWithinMs'>>,
  style: Style,
  dialogue: Dialogue,
): Promise<{ readonly report: ApplyReport; readonly exitCode: number }> {
  const { steps } = proposal.plan;
  return dialogue.guard(async (interruption) => {
    const report = await applyProposal(session, proposal, {
      onStep: (index, state, problem) =>
        dialogue.say(renderProgress(steps[index]?.words ?? '', state, problem, style)),
      signal: interruption,
      confirmWithinMs,
    });
    return { report, exitCode: exitOf(report, interruption.signal, dialogue, style) };
  });
}

/** The exit status for a report; the reason for a failure is printed on stderr. */
export function exitOf(
  report: ApplyReport,
  signal: EndingSignal | null,
  dialogue: Dialogue,
  style: Style,
): number {
  if (report.outcome === 'done') return EXIT.ok;
  dialogue.say(renderFailure(report, style));
  const stopped = report.interrupted && report.outcome === 'undone' && signal !== null;
  return stopped ? SIGNAL_EXITS[signal] : EXIT.partial;
}
