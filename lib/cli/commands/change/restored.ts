import { EXIT } from '../../../base/errors.ts';
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
import type { CommandResult } from '../../grammar/command.ts';
import { noteLines, type ReadingValues, remarks } from '../../reading-options.ts';
import { type PreparedProposal, type ProposalValues, runProposal } from '../../run-proposal.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** A proposal to restore bindings, in the form of a command. */
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

/** A proposal to restore VFs, in the form of a command. */
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

/**
 * Runs a proposal to restore. The exit code is 1 if something is left, and with `--check`, which only shows the plan,
 * also if something must be restored.
 */
export async function runRestoration(
  prepared: PreparedProposal,
  { left }: { readonly left: readonly LeftEntry[] },
  args: ProposalValues & { readonly check: boolean },
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const { check } = args;
  const shown = check ? { ...args, dryRun: true } : args;
  const result = await runProposal(prepared, shown, terminal, dialogue);
  const isDrifted = left.length > 0 || (check && prepared.proposal.plan.steps.length > 0);
  return result.exitCode === EXIT.ok && isDrifted ? { ...result, exitCode: EXIT.findings } : result;
}

/** For stderr: diagnostics, pending recoveries, and entries that are left. */
function restoreRemarks(
  session: HostSession,
  { diagnostics, notes, subject: { left } }: HostProposal<{ readonly left: readonly LeftEntry[] }>,
  args: Pick<ReadingValues, 'json' | 'verbose'>,
): string {
  return (
    remarks(args, session.names, session.host, diagnostics) + noteLines([...notes, ...left.map(leftText)])
  );
}
