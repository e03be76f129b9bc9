import type { ApplyProposalOptions } from '../change/apply-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import { type Aftermath, readAftermath } from './aftermath.ts';
import { type EndedChanges, endChanges, type RecoverOptions, type RecoveryWatch } from './end-changes.ts';

/** How a host is recovered, and the observer. */
export interface RecoverHostOptions
  extends RecoverOptions,
    Pick<RecoveryWatch, 'onStep'>,
    Pick<ApplyProposalOptions, 'signal'> {}

/** The changes that were ended, and the tasks that remain for the user. */
export interface RecoveredHost extends EndedChanges, Aftermath {}

/**
 * Undoes, or finishes, changes that were interrupted or not confirmed, and reads the tasks that remain for the user.
 *
 * @throws PortalGunError as {@link endChanges}
 */
export async function recoverHost(
  session: HostSession,
  { signal, onStep, ...options }: RecoverHostOptions = {},
): Promise<RecoveredHost> {
  const ended = await endChanges(session, options, {
    guard: (run) => run(signal),
    ...(onStep === undefined ? {} : { onStep }),
  });
  const looksForMissing = options.unconfirmed === undefined;
  return { ...ended, ...(await readAftermath(session, ended.changes, looksForMissing)) };
}
