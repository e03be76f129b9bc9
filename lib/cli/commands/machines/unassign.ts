import type { HostPorts } from '../../../host/host-ports.ts';
import { proposeUnassignment } from '../../../operations/assignment/propose-unassignment.ts';
import {
  renderNothingToUnassign,
  renderUnassignment,
  unassignmentDetails,
} from '../../../render/machine/unassignment-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { machineRemarks } from '../../machine-remarks.ts';
import { proposalRemarks, type ReadingValues, sessionOf } from '../../reading-options.ts';
import { refuseUnplaced, runProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { MachineValues } from '../../tables/machine-options.ts';
import type { ScopeValues } from '../../tables/scope-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface UnassignValues
  extends MachineValues,
    ScopeValues,
    Pick<ChangingValues, 'dryRun' | 'script' | 'yes'>,
    Pick<LibvirtValues, 'connect'>,
    ReadingValues {
  readonly devices: readonly string[];
}

/** `pci unassign`: removes devices of `pci assign` from definitions, and from running VMs. */
export async function runUnassign(
  args: UnassignValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  refuseUnplaced(session, args);
  const from = { type: args.type, machines: args.machine };
  const proposal = await proposeUnassignment(session, { ...args, from });
  const { subject } = proposal;
  return runProposal(
    {
      session,
      proposal,
      overview: (width) => renderUnassignment(subject, width),
      details: unassignmentDetails(subject),
      remarks:
        proposalRemarks(args, session, proposal) +
        machineRemarks(args, session, subject.machineDiagnostics, 'pci'),
      nothingToDo: renderNothingToUnassign(subject),
    },
    args,
    terminal,
    dialogue,
  );
}
