import { PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import {
  DEFAULT_GRACE_SECONDS,
  type DownSubject,
  proposeDestroy,
  proposeHalt,
} from '../../../operations/project/propose-down.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLine } from '../../reading-options.ts';
import { runProposal } from '../../run-proposal.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { demandChoice } from './demand-choice.ts';
import type { ProjectChangeValues } from './up.ts';

const MAX_GRACE_SECONDS = 3600;

export interface HaltValues extends ProjectChangeValues {
  readonly all: boolean;
  readonly grace: string | undefined;
  readonly force: boolean;
}

interface DestroyValues extends HaltValues {
  readonly data: boolean;
}

/** `portal halt`: machines are stopped. */
export async function runPortalHalt(
  args: HaltValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  demandChoice(args);
  const session = sessionFor(args, ports);
  const proposal = await proposeHalt(session, choiceOf(args));
  return run(session, proposal, 'Nothing to do: no machine runs.\n', args, terminal, dialogue);
}

/** `portal destroy`: machines are stopped, and everything that portal made for them is removed. */
export async function runPortalDestroy(
  args: DestroyValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  demandChoice(args);
  const session = sessionFor(args, ports);
  const proposal = await proposeDestroy(session, { ...choiceOf(args), data: args.data });
  return run(
    session,
    proposal,
    'Nothing to do: nothing of these machines is on the host.\n',
    args,
    terminal,
    dialogue,
  );
}

function sessionFor({ project, connect }: HaltValues, ports: HostPorts): HostSession {
  return new HostSession(ports, { project, connect });
}

function choiceOf({ machines, type: types, grace, force }: HaltValues): {
  readonly machines: readonly string[];
  readonly types: readonly string[];
  readonly graceSeconds: number;
} {
  return { machines, types, graceSeconds: force ? 0 : graceOf(grace) };
}

function graceOf(grace: string | undefined): number {
  if (grace === undefined) return DEFAULT_GRACE_SECONDS;
  const seconds = /^\d{1,4}$/.test(grace) ? Number(grace) : Number.NaN;
  if (seconds <= MAX_GRACE_SECONDS) return seconds;
  throw new PortalGunError('BAD_ARGUMENT', `invalid value "${grace}"`, {
    subject: '--grace',
    hint: `use a number of seconds up to ${MAX_GRACE_SECONDS}`,
  });
}

async function run(
  session: HostSession,
  proposal: HostProposal<DownSubject>,
  nothingToDo: string,
  args: HaltValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  return runProposal(
    {
      ...{ session, proposal, nothingToDo },
      overview: () => '',
      details: {},
      remarks: proposal.notes.map((note) => noteLine('portal', note)).join(''),
    },
    args,
    terminal,
    dialogue,
  );
}
