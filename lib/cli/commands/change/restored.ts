import { count } from '../../../base/text.ts';
import type { RestoreBindingsSubject } from '../../../operations/binding/propose-restore-bindings.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import type { LeftEntry } from '../../../operations/change/left-entry.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import type { RestoreVfsSubject } from '../../../operations/sriov/propose-restore-vfs.ts';
import { leftText } from '../../../render/change/left-text.ts';
import { rebindingDetails, vfsDetails } from '../../../render/change/plan-document.ts';
import { renderRebinding } from '../../../render/change/rebinding-text.ts';
import { renderVfs } from '../../../render/sriov/vfs-text.ts';
import { noteLines, type ReadingValues, remarks } from '../../reading-options.ts';
import type { PreparedProposal } from '../../run-proposal.ts';

/** A proposal to restore bindings, as a command shows it. */
export function preparedBindings(
  session: HostSession,
  proposal: HostProposal<RestoreBindingsSubject>,
  args: Pick<ReadingValues, 'json' | 'verbose'>,
): PreparedProposal {
  const { rebinding, left } = proposal.subject;
  return {
    session,
    proposal,
    overview: (width) => renderRebinding(rebinding, width, 'it is persisted'),
    details: { ...rebindingDetails(rebinding), persistence: null },
    remarks: restoreRemarks(session, proposal, args),
    nothingToDo:
      left.length === 0 ? 'All persisted bindings are in force.\nNothing to do.\n' : 'Nothing to do.\n',
  };
}

/** A proposal to restore VFs, as a command shows it. */
export function preparedVfs(
  session: HostSession,
  proposal: HostProposal<RestoreVfsSubject>,
  args: Pick<ReadingValues, 'json' | 'verbose'>,
): PreparedProposal {
  const { entries, pfs } = proposal.subject;
  const changing = pfs.filter(({ plan }) => plan.steps.length > 0);
  const inForce =
    entries.length === 0
      ? 'No VFs are persisted. To persist VFs: pci sriov set --persist\n'
      : `${count(entries.length, 'PF')} with persisted VFs, ${pfs.length - changing.length} in force.\n`;
  return {
    session,
    proposal,
    overview: (width) => changing.map((each) => renderVfs(each, width)).join('\n'),
    details: { ...vfsDetails(changing), persistence: null },
    remarks: restoreRemarks(session, proposal, args),
    nothingToDo: `${inForce}Nothing to do.\n`,
  };
}

/** For standard error: what was met, what is to be recovered, and what is left as it is. */
function restoreRemarks(
  session: HostSession,
  { diagnostics, notes, subject: { left } }: HostProposal<{ readonly left: readonly LeftEntry[] }>,
  args: Pick<ReadingValues, 'json' | 'verbose'>,
): string {
  return (
    remarks(args, session.names, session.host, diagnostics) + noteLines([...notes, ...left.map(leftText)])
  );
}
