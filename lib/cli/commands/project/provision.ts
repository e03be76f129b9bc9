import { EXIT } from '../../../base/errors.ts';
import { count } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { MachineNames } from '../../../operations/project/choose-machines.ts';
import { compareGuests } from '../../../operations/provision/compare-guests.ts';
import { proposeProvision } from '../../../operations/provision/propose-provision.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import {
  failedChecksOf,
  machineDiffDocument,
  renderFailedChecks,
  renderMachineDiff,
} from '../../../render/project/diff-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLine } from '../../reading-options.ts';
import { type CarriedOut, carryOut, type ProposalValues, printed } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** Packages are installed first; what they bring is planned after that, and needs no third plan. */
const MAX_PLANS = 3;

interface ProvisionValues
  extends ProjectValues,
    Pick<LibvirtValues, 'connect'>,
    Pick<ChangingValues, 'dryRun' | 'script' | 'yes'> {
  readonly machines: readonly string[];
  readonly type: readonly string[];
}

/** `portal provision`: guests are changed as the folders of their machines say. */
export async function runPortalProvision(
  args: ProvisionValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const { machines, type: types, project, connect } = args;
  const session = new HostSession(ports, { project, connect });
  return printed(await provisionGuests(session, { machines, types }, args, terminal, dialogue), args);
}

/** Provisions guests, and then runs the checks of their modules: a failed one is a finding. */
export async function provisionGuests(
  session: HostSession,
  choice: MachineNames,
  args: ProposalValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CarriedOut> {
  for (let plans = 1; ; plans += 1) {
    const proposal = await proposeProvision(session, choice);
    const { guests } = proposal.subject;
    const carried = await carryOut(
      {
        session,
        proposal,
        overview: () => '',
        details: {},
        remarks: proposal.notes.map((note) => noteLine('portal', note)).join(''),
        nothingToDo: plans > 1 ? '' : `Nothing to do: ${count(guests.length, 'guest')} as the folders say.\n`,
        goesUnasked: true,
      },
      args,
      terminal,
      dialogue,
    );
    const isShown = args.dryRun || args.script;
    if (carried.exitCode !== EXIT.ok || isShown) return carried;
    if (guests.some(({ isPartial }) => isPartial) && plans < MAX_PLANS) continue;
    const { guests: after } = await compareGuests(session, choice, true);
    const failedChecks = failedChecksOf(after);
    if (failedChecks.length === 0) return carried;
    return {
      ...carried,
      exitCode: EXIT.findings,
      document: { ...carried.document, failedChecks },
      remarks: carried.remarks + renderFailedChecks(failedChecks),
    };
  }
}

interface DiffValues extends ProjectValues, Pick<LibvirtValues, 'connect'> {
  readonly machines: readonly string[];
  readonly type: readonly string[];
}

/** `portal diff`: what differs between guests and the folders of their machines. */
export async function runPortalDiff(
  { machines, type: types, project, connect, json }: DiffValues,
  { width }: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const compared = await compareGuests(
    new HostSession(ports, { project, connect }),
    { machines, types },
    true,
  );
  const isSame = compared.guests.every(
    ({ steps, obstacles, checks }) =>
      steps.length + obstacles.length === 0 && checks.every(({ isMet }) => isMet),
  );
  return {
    exitCode: isSame ? EXIT.ok : EXIT.findings,
    stdout: json ? formatDocument(machineDiffDocument(compared)) : renderMachineDiff(compared, width),
    stderr: '',
  };
}
