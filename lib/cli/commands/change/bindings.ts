import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type BindingsAnswer, listBindings } from '../../../operations/binding/list-bindings.ts';
import { proposeForgetBindings } from '../../../operations/binding/propose-forget.ts';
import { proposeRestoreBindings } from '../../../operations/binding/propose-restore-bindings.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { bindingRows } from '../../../render/change/binding-rows.ts';
import { driftWarnings } from '../../../render/change/boot-stages.ts';
import { renderBindings } from '../../../render/change/persistence-text.ts';
import { bindingsDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLines, type ReadingValues, remarks, sessionOf } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows, refuseFormat } from '../../row-format.ts';
import { runProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { forgottenOf, preparedForgetting } from './forgotten.ts';
import { preparedBindings, runRestoration } from './restored.ts';

type ListValues = ReadingValues & FormatValues & { readonly check: boolean };
type ChangeValues = ReadingValues & ChangingValues;

interface BindingsValues extends ReadingValues, FormatValues, ChangingValues {
  readonly check: boolean;
  readonly restore: boolean;
  readonly forget: readonly string[];
}

/** `pci bindings`: the same as `pci bindings list`; its options are the old form of the other verbs. */
export async function runBindings(
  args: BindingsValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const forgotten = forgottenOf(args);
  if (args.restore && forgotten.length > 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --forget', { subject: '--restore' });
  }
  if (args.restore) refuseFormat(args, '--restore');
  if (forgotten.length > 0) refuseFormat(args, '--forget');
  const session = sessionOf(args, ports);
  if (args.restore) return restore(session, { ...args, check: false }, terminal, dialogue);
  if (forgotten.length > 0) return forget(session, forgotten, args, terminal, dialogue);
  return list(session, args, terminal);
}

/** `pci bindings list`: lists the persisted bindings, and whether they are in force. */
export async function runBindingsList(
  args: ListValues,
  terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  return list(sessionOf(args, ports), args, terminal);
}

/** `pci bindings restore`: binds persisted devices that are not bound. */
export async function runBindingsRestore(
  args: ChangeValues & { readonly check: boolean },
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  return restore(sessionOf(args, ports), args, terminal, dialogue);
}

/** `pci bindings forget`: removes persisted bindings. */
export async function runBindingsForget(
  args: ChangeValues & { readonly addresses: readonly string[] },
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  return forget(sessionOf(args, ports), forgottenOf({ forget: args.addresses }), args, terminal, dialogue);
}

async function list(
  session: HostSession,
  values: ListValues,
  { width, style }: Terminal,
): Promise<CommandResult> {
  const format = formatOf(values);
  const args = { ...values, json: format === 'json' };
  const answer = await listBindings(session);
  const { inventory, bindings, outdated, boot, recovery, unrecorded, isDrifted, notes } = answer;
  return {
    exitCode: args.check && isDrifted ? EXIT.findings : EXIT.ok,
    stdout: formatRows(format, {
      document: () => bindingsDocument(inventory, bindings, outdated, boot, recovery, unrecorded),
      listKey: 'bindings',
      csv: () => bindingRows(bindings),
      table: () => renderBindings(bindings, outdated, boot, unrecorded ?? [], width, style),
    }),
    stderr:
      remarks(args, session.names, session.host, inventory.diagnostics) +
      noteLines(notes) +
      (format === 'csv' || format === 'ndjson' ? noteLines(besideRows(answer)) : ''),
  };
}

/** The facts of the record that are in no row, if only rows are printed. */
function besideRows({ bindings, outdated, boot }: BindingsAnswer): readonly string[] {
  return [
    ...driftWarnings(bindings, boot),
    ...outdated.map((path) => `${path}: out of date, so the next boot may bind other devices`),
  ];
}

/**
 * Binds the devices that were found with certainty and that the host does not use. The others are reported and left;
 * then the exit code is 1.
 */
async function restore(
  session: HostSession,
  args: ChangeValues & { readonly check: boolean },
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const { check, allow, dryRun } = args;
  const proposal = await proposeRestoreBindings(session, { allow, preview: check || dryRun });
  const prepared = preparedBindings(session, proposal, args);
  return runRestoration(prepared, proposal.subject, args, terminal, dialogue);
}

async function forget(
  session: HostSession,
  addresses: readonly string[],
  args: ChangeValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const proposal = await proposeForgetBindings(session, addresses);
  const said = remarks(args, session.names, session.host, proposal.diagnostics) + noteLines(proposal.notes);
  const details = { devices: [], staying: [] };
  return runProposal(preparedForgetting(session, proposal, details, said), args, terminal, dialogue);
}
