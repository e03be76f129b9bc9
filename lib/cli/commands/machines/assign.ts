import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { AssignmentSubject } from '../../../operations/assignment/assignment-subject.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import {
  assignmentSubjectDetails,
  renderAssignment,
  renderNothingToAssign,
} from '../../../render/machine/assignment-text.ts';
import { type CommandResult, isGiven } from '../../grammar/command.ts';
import { machineRemarks } from '../../machine-remarks.ts';
import { proposalRemarks, type ReadingValues, sessionOf } from '../../reading-options.ts';
import { refuseUnplaced, runProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { HostdevValues } from '../../tables/hostdev-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { MachineValues } from '../../tables/machine-options.ts';
import type { ScopeValues } from '../../tables/scope-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

const MAX_RULES_BYTES = 1024 * 1024;

interface AssignValues
  extends MachineValues,
    ScopeValues,
    ChangingValues,
    ReadingValues,
    Pick<LibvirtValues, 'connect'>,
    Pick<HostdevValues, 'vlan' | 'rom' | 'managed'> {
  readonly devices: readonly string[];
  readonly byRules: boolean;
  readonly rules: string | undefined;
  readonly printRules: boolean;
  readonly policy: 'shared' | 'exclusive' | 'vf-pool' | undefined;
  readonly persist: boolean;
}

/** `pci assign`: writes devices, with their groups, into the definitions of VMs, or attaches them to running VMs. */
export async function runAssign(
  args: AssignValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  if (args.printRules) {
    const { DEFAULT_RULES } = await import('../../../plan/assignment/assignment-rules-parser.ts');
    return { exitCode: EXIT.ok, stdout: DEFAULT_RULES, stderr: '' };
  }
  const session = sessionOf(args, ports);
  const proposal = await (args.byRules || args.rules !== undefined
    ? proposeByRules(session, args)
    : proposeNamed(session, args));
  const { subject } = proposal;
  return runProposal(
    {
      session,
      proposal,
      overview: (width) => renderAssignment(subject, width),
      details: assignmentSubjectDetails(subject),
      remarks:
        proposalRemarks(args, session, proposal) +
        machineRemarks(args, session, subject.machineDiagnostics, 'pci'),
      nothingToDo: renderNothingToAssign(subject, terminal.width),
    },
    args,
    terminal,
    dialogue,
  );
}

async function proposeNamed(
  session: HostSession,
  args: AssignValues,
): Promise<HostProposal<AssignmentSubject>> {
  refuseUnplaced(session, args);
  const { proposeAssignment } = await import('../../../operations/assignment/propose-assignment.ts');
  return proposeAssignment(session, { ...args, to: { type: args.type, machines: args.machine } });
}

async function proposeByRules(
  session: HostSession,
  args: AssignValues,
): Promise<HostProposal<AssignmentSubject>> {
  refuseNames(args);
  const { rules: file } = args;
  const files = await session.ports.openUserFiles();
  const rules = file === undefined ? undefined : textOf(files.read(file, MAX_RULES_BYTES, 'BAD_RULES'));
  refuseUnplaced(session, args);
  const { proposeAssignmentByRules } = await import('../../../operations/assignment/propose-by-rules.ts');
  const policy = args.policy === 'exclusive' ? 'exclusive' : 'shared';
  return proposeAssignmentByRules(session, {
    ...{ ...args, policy, rules },
    rulesName: file === undefined ? undefined : files.nameOf(file),
  });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** The rules select the devices and the VMs. */
function refuseNames(args: AssignValues): void {
  const given = (['type', 'machine'] as const).find((key) => isGiven(args[key]));
  const [device] = args.devices;
  if (args.live) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with rules: rules apply only to definitions', {
      subject: '--live',
      hint: 'omit it; then attach devices to a running VM: pci assign DEVICE --machine NAME --live',
    });
  }
  if (device === undefined && given === undefined) return;
  throw new PortalGunError(
    'BAD_ARGUMENT',
    'cannot be used with --by-rules: the rules select the devices and VMs',
    {
      subject: given === undefined ? (device ?? '') : `--${given}`,
      hint: 'omit it; or change the rules: pci assign --print-rules > rules.yaml, then use --rules rules.yaml',
    },
  );
}
