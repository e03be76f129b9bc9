import type { ForgetSubject } from '../../../operations/binding/propose-forget.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { renderPersistence } from '../../../render/change/persistence-text.ts';
import { persistenceDetails } from '../../../render/change/plan-document.ts';
import type { PreparedProposal } from '../../run-proposal.ts';

/** The addresses that are given to be forgotten, each of a word or of several with commas between. */
export function forgottenOf({ forget }: { readonly forget: readonly string[] }): readonly string[] {
  return forget.flatMap((text) => text.split(','));
}

/**
 * A proposal to forget what is persisted, as a command shows it.
 *
 * @param details what its document has besides
 */
export function preparedForgetting(
  session: HostSession,
  proposal: HostProposal<ForgetSubject>,
  details: object,
  remarks: string,
): PreparedProposal {
  const { persistence } = proposal.subject;
  return {
    session,
    proposal,
    overview: (width) => renderPersistence(persistence, width),
    details: { ...details, persistence: persistenceDetails(persistence) },
    remarks,
    nothingToDo: 'Nothing to do.\n',
  };
}
