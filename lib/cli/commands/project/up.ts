import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { count } from '../../../base/text.ts';
import { withPlace } from '../../../base/yaml-file.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import { proposeUp, type UpSubject } from '../../../operations/project/propose-up.ts';
import { recordLock } from '../../../operations/project/record-lock.ts';
import { namesToProvision } from '../../../operations/provision/compare-guests.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { errorDocument, renderError } from '../../../render/error-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLine } from '../../reading-options.ts';
import { type CarriedOut, carryOut, printed } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { buildMissing } from './build-missing.ts';
import { provisionGuests } from './provision.ts';

export interface ProjectChangeValues
  extends ProjectValues,
    Pick<LibvirtValues, 'connect'>,
    Pick<ChangingValues, 'dryRun' | 'script' | 'yes'> {
  readonly machines: readonly string[];
  readonly type: readonly string[];
}

interface UpValues extends ProjectChangeValues {
  readonly allow: readonly string[];
  readonly paused: boolean;
}

/** `portal up`: machines are created or changed as their folders say, and started. */
export async function runPortalUp(
  args: UpValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const { machines, type: types, paused, allow, project, connect } = args;
  const session = new HostSession(ports, { project, connect });
  if (!args.dryRun && !args.script) {
    const failed = await buildMissing(session, { machines, types }, terminal, dialogue, ports);
    if (failed !== null) return failed;
  }
  const proposal = await proposeUp(session, { machines, types, paused, allow });
  const { subject } = proposal;
  const raised = await carryOut(
    {
      session,
      proposal,
      overview: () => '',
      details: {},
      remarks: [...proposal.notes, ...followingNotes(proposal, args)]
        .map((note) => noteLine('portal', note))
        .join(''),
      nothingToDo: `Nothing to do: ${count(subject.machines.length, 'machine')} as the folders say.\n`,
      goesUnasked: true,
    },
    args,
    terminal,
    dialogue,
  );
  if (raised.exitCode !== EXIT.ok || args.dryRun || args.script) return printed(raised, args);
  // The given values must stay the same from now on.
  recordLock(subject);
  if (paused) return printed(raised, args);
  return printed(await provisionRaised(session, subject, raised, args, terminal, dialogue), args);
}

/** What is provisioned, if the plan is shown: it has steps, or is only shown. A script does not provision. */
function followingNotes(
  { plan, subject }: HostProposal<UpSubject>,
  { dryRun, script, paused }: UpValues,
): readonly string[] {
  const isShown = dryRun || plan.steps.length > 0;
  return isShown && !script && !paused ? subject.provisioning : [];
}

/** The second plan: what guests have inside can be read only now. Its document is a part of that of the first. */
async function provisionRaised(
  session: HostSession,
  { machines }: UpSubject,
  raised: CarriedOut,
  args: UpValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CarriedOut> {
  try {
    const names = await namesToProvision(
      session,
      machines.map(({ name }) => name),
    );
    if (names.length === 0) return raised;
    const result = await provisionGuests(session, { machines: names }, args, terminal, dialogue);
    return {
      ...raised,
      exitCode: result.exitCode,
      text: raised.text + result.text,
      document: { ...raised.document, provision: result.document },
      remarks: raised.remarks + result.remarks,
    };
  } catch (error) {
    if (!(error instanceof PortalGunError) || !args.json) throw error;
    const placed = withPlace(error);
    return {
      ...raised,
      exitCode: placed.exitCode,
      document: { ...raised.document, provision: errorDocument(placed) },
      remarks: raised.remarks + renderError('portal', placed),
    };
  }
}

/** `portal plan`: the plan of `portal up`. */
export async function runPortalPlan(
  args: Omit<UpValues, 'dryRun' | 'script' | 'yes' | 'paused' | 'allow'>,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  return runPortalUp(
    { ...args, dryRun: true, script: false, yes: false, paused: false, allow: [] },
    terminal,
    dialogue,
    ports,
  );
}
