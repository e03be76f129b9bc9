import { PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { proposeForgetVfs } from '../../../operations/binding/propose-forget.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { proposeRestoreVfs } from '../../../operations/sriov/propose-restore-vfs.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLines, type ReadingValues, remarks, sessionOf } from '../../reading-options.ts';
import { runProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { forgottenOf, preparedForgetting } from '../change/forgotten.ts';
import { preparedVfs, runRestoration } from '../change/restored.ts';

type ChangeValues = ReadingValues & ChangingValues;

interface RestoreValues extends ReadingValues, ChangingValues {
  readonly check: boolean;
  readonly forget: readonly string[];
}

/**
 * `pci sriov restore`: creates and configures the recorded VFs of each PF that was found with certainty and whose VFs
 * are not in use. The others are reported and left; then the exit code is 1.
 */
export async function runSriovRestore(
  args: RestoreValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const { check, allow, dryRun } = args;
  const forgotten = forgottenOf(args);
  if (check && forgotten.length > 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --forget', { subject: '--check' });
  }
  const session = sessionOf(args, ports);
  if (forgotten.length > 0) return forget(session, forgotten, args, terminal, dialogue);
  const proposal = await proposeRestoreVfs(session, { allow, preview: check || dryRun });
  const prepared = preparedVfs(session, proposal, args);
  return runRestoration(prepared, proposal.subject, args, terminal, dialogue);
}

/** `pci sriov forget`: removes PFs from the record. */
export async function runSriovForget(
  args: ChangeValues & { readonly addresses: readonly string[] },
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const addresses = forgottenOf({ forget: args.addresses });
  return forget(sessionOf(args, ports), addresses, args, terminal, dialogue);
}

async function forget(
  session: HostSession,
  addresses: readonly string[],
  args: ChangeValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const proposal = await proposeForgetVfs(session, addresses);
  const said = remarks(args, session.names, session.host, proposal.diagnostics) + noteLines(proposal.notes);
  return runProposal(preparedForgetting(session, proposal, { pfs: [] }, said), args, terminal, dialogue);
}
