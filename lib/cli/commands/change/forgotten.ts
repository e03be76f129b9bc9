import type { ForgetSubject } from '../../../operations/binding/propose-forget.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { renderPersistence } from '../../../render/change/persistence-text.ts';
import { persistenceDetails } from '../../../render/change/plan-document.ts';
import type { PreparedProposal } from '../../run-proposal.ts';

/** The addresses to forget, from words that may contain several, separated by commas. */
export function forgottenOf({ forget }: { readonly forget: readonly string[] }): readonly string[] {
  return forget.flatMap((text) => text.split(','));
}

/**
 * A proposal to remove records, in the form of a command.
 *
 * @param details the other keys of its document
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
