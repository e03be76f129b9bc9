import type { ApplyReport } from '../../apply/apply-report.ts';
import { PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import type { GuestExit } from '../../guest/agent/guest-agent.ts';
import type { Plan } from '../../plan/plan.ts';
import { applyProposal } from '../change/apply-proposal.ts';
import type { HostProposal } from '../change/host-proposal.ts';
import { proposeDestroy, proposeHalt } from '../project/propose-down.ts';
import { proposeUp, type RaisedMachine, type UpSubject } from '../project/propose-up.ts';
import type { HostSession } from '../session/host-session.ts';
import { execInGuest, type GuestCommandOptions } from './exec-in-guest.ts';

/** Options of `portal run`. */
export interface RunMachineOptions extends GuestCommandOptions {
  /** Receives what is done, in words. */
  readonly onProgress?: ((words: string) => void) | undefined;
}

/** The time for the guest to boot. */
const BOOT_WAIT_MS = 120_000;
const LOCK_WAIT_MS = 60_000;
const LOCK_LOOK_MS = 300;

/**
 * Starts a machine, runs a command in it, and removes everything that the start made: its VM if there was none, and its new
 * disks; otherwise it only stops it. `portal.lock` is not changed.
 *
 * @returns how the command ended; `cancelled` also if the signal came before it began
 * @throws PortalGunError BAD_ARGUMENT if the machine runs, or has no agent; as {@link proposeUp} and {@link execInGuest};
 *   TOOL_FAILED if the machine did not start, or could not be removed
 */
export async function runMachine(session: HostSession, options: RunMachineOptions): Promise<GuestExit> {
  const { machine: name, signal, onProgress } = options;
  const up = await proposeUp(session, { machines: [name] });
  const machines = up.subject.machines.filter(({ state }) => state === 'off');
  demandUnused(up, name);
  onProgress?.(`starting ${machines.map((each) => each.name).join(', ')}`);
  const started = await applyProposal(session, up, signal === undefined ? {} : { signal });
  if (started.outcome !== 'done') {
    if (started.interrupted)
      return { ended: { kind: 'cancelled' }, out: new Uint8Array(), err: new Uint8Array() };
    throw failed(name, 'cannot be started', started.steps);
  }
  try {
    onProgress?.(`waiting for the agent of ${name}`);
    return await execInGuest(session, { waitMs: BOOT_WAIT_MS, ...options });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    return { ended: { kind: 'cancelled' }, out: new Uint8Array(), err: new Uint8Array() };
  } finally {
    onProgress?.(`removing ${machines.map((each) => each.name).join(', ')}`);
    await remove(session, up.plan, machines);
  }
}

function demandUnused({ subject }: HostProposal<UpSubject>, name: string): void {
  const machine = subject.machines.find((each) => each.name === name);
  if (machine !== undefined && machine.state !== 'off') {
    throw new PortalGunError('BAD_ARGUMENT', 'runs already', {
      subject: name,
      hint: `run the command in it: ${shellCommand('portal', 'exec', name)} -- COMMAND`,
    });
  }
  const definition = subject.opened.machines.find((each) => each.machine.definition.name === name);
  if (definition?.machine.definition.agent === 'none') {
    throw new PortalGunError('NO_AGENT', 'its definition has "agent: none"', { subject: name });
  }
}

/** Removes the machines that a plan created, and stops the others that it started. */
async function remove(session: HostSession, plan: Plan, machines: readonly RaisedMachine[]): Promise<void> {
  const isNew = ({ uuid }: RaisedMachine): boolean =>
    plan.steps.some(
      ({ change }) => change.kind === 'definition' && change.machine === uuid && change.from === null,
    );
  const namesOf = (some: readonly RaisedMachine[]): readonly string[] => some.map((each) => each.name);
  const created = namesOf(machines.filter(isNew));
  const stopped = namesOf(machines.filter((each) => !isNew(each)));
  if (stopped.length > 0) {
    await carryOut(session, await proposeHalt(session, { machines: stopped, graceSeconds: 0 }));
  }
  for (const name of created) {
    // If the directory of its disks was there before, so may be disks that have to stay.
    const data = plan.steps.some(
      ({ change }) =>
        change.kind === 'directory' && change.to && change.path.endsWith(`/lib/portal-gun/machines/${name}`),
    );
    await carryOut(session, await proposeDestroy(session, { machines: [name], graceSeconds: 0, data }));
  }
}

async function carryOut(session: HostSession, proposal: HostProposal): Promise<void> {
  const report = await applyWhenFree(session, proposal);
  if (report.outcome !== 'done') throw failed(proposal.plan.title, 'did not end', report.steps);
}

/** Another change of the host must not leave the machine behind. */
async function applyWhenFree(session: HostSession, proposal: HostProposal): Promise<ApplyReport> {
  const { ports } = session;
  const endMs = ports.monotonicMs() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return await applyProposal(session, proposal);
    } catch (error) {
      const isLocked = error instanceof PortalGunError && error.code === 'HOST_LOCKED';
      if (!isLocked || ports.monotonicMs() >= endMs) throw error;
      await ports.pause(LOCK_LOOK_MS);
    }
  }
}

function failed(
  subject: string,
  what: string,
  steps: readonly { readonly words: string; readonly problem: string | null }[],
): PortalGunError {
  const step = steps.find(({ problem }) => problem !== null);
  const why = step === undefined ? '' : `: ${step.words}: ${step.problem}`;
  return new PortalGunError('TOOL_FAILED', `${what}${why}`, {
    subject,
    hint: 'show the state of the machine: portal status',
  });
}
