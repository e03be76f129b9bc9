import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { listAssignments, proposeRepair } from '../../../operations/assignment/assignments.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import {
  assignmentListDocument,
  assignmentRows,
  renderAssignmentList,
} from '../../../render/machine/assignment-list.ts';
import { assignmentDetails, renderAssignments } from '../../../render/machine/assignment-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { machineRemarks } from '../../machine-remarks.ts';
import { noteLines, type ReadingValues, remarks, sessionOf } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows, refuseFormat } from '../../row-format.ts';
import { refuseUnplaced, runProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { MachineValues } from '../../tables/machine-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface AssignmentsValues
  extends MachineValues,
    Pick<ChangingValues, 'dryRun' | 'script' | 'yes'>,
    Pick<LibvirtValues, 'connect'>,
    ReadingValues,
    FormatValues {
  readonly repair: boolean;
  readonly check: boolean;
}

/** `pci assignments`: the assigned devices of each VM, and their status. */
export async function runAssignments(
  args: AssignmentsValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  if (args.repair) refuseFormat(args, '--repair');
  const session = sessionOf(args, ports);
  return args.repair ? repair(session, args, terminal, dialogue) : list(session, args, terminal);
}

async function list(
  session: HostSession,
  values: AssignmentsValues,
  { width, style }: Terminal,
): Promise<CommandResult> {
  const format = formatOf(values);
  const args = { ...values, json: format === 'json' };
  const found = await listAssignments(session, { type: args.type, machines: args.machine });
  const { isDrifted, unknown, diagnostics, recovery } = found;
  return {
    exitCode: args.check && (isDrifted || unknown > 0) ? EXIT.findings : EXIT.ok,
    stdout: formatRows(format, {
      document: () => assignmentListDocument(found),
      listKey: 'machines',
      csv: () => assignmentRows(found.machines),
      table: () => renderAssignmentList(found, width, style),
    }),
    stderr:
      remarks(args, session.names, session.host, []) +
      machineRemarks(args, session, diagnostics, 'pci') +
      noteLines(recovery.notes),
  };
}

async function repair(
  session: HostSession,
  args: AssignmentsValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  refuseUnplaced(session, args);
  const proposal = await proposeRepair(session, { type: args.type, machines: args.machine });
  const { subject } = proposal;
  const { assignments, machineDiagnostics, recovery, left } = subject;
  const result = await runProposal(
    {
      session,
      proposal,
      overview: (width) => renderAssignments([], assignments, width),
      details: assignmentDetails(subject, [], assignments),
      remarks:
        remarks(args, session.names, session.host, proposal.diagnostics) +
        machineRemarks(args, session, machineDiagnostics, 'pci') +
        noteLines([...recovery.notes, ...left]),
      nothingToDo: 'Nothing to do.\n',
    },
    args,
    terminal,
    dialogue,
  );
  return result.exitCode === EXIT.ok && left.length > 0 ? { ...result, exitCode: EXIT.findings } : result;
}
