import { Problem } from '../../../base/problem.ts';
import { pause } from '../../../host/this-process.ts';
import type { KeptVirsh } from '../../../libvirt/kept-virsh.ts';
import { isGone } from '../../../libvirt/machine/read-machines.ts';
import type { VirshAnswer } from '../../../libvirt/virsh.ts';
import type { PowerChange, PowerState } from '../../../plan/changes/machine/power.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { askLibvirt, runOne } from './ask-libvirt.ts';

const LOOK_EVERY_MS = 500;

type Now = { readonly state: PowerState } | Problem;

/**
 * Starts, pauses, resumes or stops a machine. A guest is asked to shut down by ACPI, and ended if it does not in the time that
 * it has. What the plan started itself is ended without being asked: nothing of it is worth to be saved.
 */
export const powerMaker: AskedChangeMaker<PowerChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

function lookOf(host: ChangeableHost, change: PowerChange, now: Now): Observation<PowerChange> {
  return {
    problem: now instanceof Problem ? now : null,
    isAt: (goal) => !(now instanceof Problem) && now.state === goal,
    async reach(goal) {
      if (now instanceof Problem) return now;
      if (now.state === goal) return lookOf(host, change, now);
      const problem = goal === 'off' ? await stop(host, change) : await bring(host, change, now.state, goal);
      return problem ?? lookOf(host, change, await readNow(host, change));
    },
  };
}

function readNow(host: ChangeableHost, { uri, machine }: PowerChange): Promise<Now> {
  return askLibvirt<Exclude<Now, Problem>>(host, uri, async (virsh) =>
    nowIn(await runOne(virsh, ['domstate', machine])),
  );
}

function nowIn({ output, error }: VirshAnswer): Now {
  if (error !== null) {
    return isGone(error)
      ? { state: 'off' }
      : new Problem('STATE_UNREADABLE', `cannot read whether it runs: ${error}`);
  }
  const word = output.trim();
  const state = STATES.get(word);
  return state === undefined ? new Problem('STATE_UNREADABLE', `its state is unknown: ${word}`) : { state };
}

/** The words of `virsh domstate`. */
const STATES: ReadonlyMap<string, PowerState> = new Map([
  ['running', 'running'],
  ['idle', 'running'],
  ['blocked', 'running'],
  ['in shutdown', 'running'],
  ['pmsuspended', 'paused'],
  ['paused', 'paused'],
  ['shut off', 'off'],
  ['crashed', 'off'],
  ['no state', 'off'],
]);

/** The commands that lead from a state to another that is not off. */
const VERBS: Readonly<Record<'paused' | 'running', Readonly<Record<PowerState, readonly string[]>>>> = {
  running: { off: ['start'], paused: ['resume'], running: [] },
  paused: { off: ['start', '--paused'], running: ['suspend'], paused: [] },
};

async function bring(
  host: ChangeableHost,
  { uri, machine }: PowerChange,
  now: PowerState,
  goal: 'paused' | 'running',
): Promise<Problem | null> {
  const [verb = '', ...options] = VERBS[goal][now];
  return askLibvirt<null>(host, uri, async (virsh) => {
    const { error } = await runOne(virsh, [verb, machine, ...options]);
    return error === null ? null : new Problem('START_FAILED', `libvirt refused to ${verb} it: ${error}`);
  });
}

function stop(
  host: ChangeableHost,
  { uri, machine, from, graceSeconds }: PowerChange,
): Promise<Problem | null> {
  const { interruption } = host;
  return askLibvirt<null>(host, uri, async (virsh) => {
    if (from !== 'off' && graceSeconds > 0) {
      if (await shutDown(virsh, machine, graceSeconds, interruption)) return null;
      if (interruption?.aborted === true) return INTERRUPTED;
    }
    const { error } = await runOne(virsh, ['destroy', machine]);
    if (error === null || (await isOff(virsh, machine))) return null;
    return new Problem('STOP_FAILED', `libvirt refused to stop it: ${error}`);
  });
}

const INTERRUPTED = new Problem(
  'STOP_INTERRUPTED',
  'the guest was asked to shut down, and did not yet when the wait was interrupted; it can still do so',
);

/** Asks the guest to shut down, and waits until an interruption; whether it did. */
async function shutDown(
  virsh: KeptVirsh,
  machine: string,
  graceSeconds: number,
  interruption: ChangeableHost['interruption'],
): Promise<boolean> {
  const { error } = await runOne(virsh, ['shutdown', machine]);
  if (error !== null) return isOff(virsh, machine);
  for (let waitedMs = 0; waitedMs < graceSeconds * 1000; waitedMs += LOOK_EVERY_MS) {
    if (await isOff(virsh, machine)) return true;
    if (interruption?.aborted === true) return false;
    await pause(LOOK_EVERY_MS);
  }
  return isOff(virsh, machine);
}

async function isOff(virsh: KeptVirsh, machine: string): Promise<boolean> {
  const now = nowIn(await runOne(virsh, ['domstate', machine]));
  return !(now instanceof Problem) && now.state === 'off';
}
