import { PortalGunError } from '../../base/errors.ts';
import { parseConsoleScript } from '../../guest/console/script-parser.ts';
import { ScriptRun, type ScriptStepOutcome } from '../../guest/console/script-run.ts';
import type { Channel } from '../../host/channel.ts';
import type { HostSession } from '../session/host-session.ts';
import type { MachineConsole } from './find-console.ts';
import { type OpenConsoleOptions, openConsole } from './open-console.ts';

/** Options for a script that drives a console. */
export interface ConsoleScriptOptions extends OpenConsoleOptions {
  /** The text of the script, and the name of its file in errors. */
  readonly script: { readonly text: string; readonly name: string };
  /** Ends the script: its outcome is `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives each step that ended. */
  readonly onStep?: ((outcome: ScriptStepOutcome) => void) | undefined;
}

/** The result of a script. */
export interface ConsoleScriptResult {
  readonly machine: MachineConsole;
  /** `closed`: the VM closed its console, because it stopped. */
  readonly outcome: 'done' | 'timeout' | 'closed' | 'interrupted';
  /** All steps of the script, in order. */
  readonly steps: readonly ScriptStepOutcome[];
  readonly durationMs: number;
  /** The output of the guest, without terminal commands: the last 1,048,576 characters. */
  readonly transcript: { readonly text: string; readonly isCut: boolean };
  /** CONSOLE_TIMEOUT or CONSOLE_FAILED; `null` if the script is done or was interrupted. */
  readonly failure: PortalGunError | null;
}

const NO_OUTCOMES: readonly ScriptStepOutcome[] = [];

/**
 * Runs a script on the console of a running or paused VM.
 *
 * @throws PortalGunError BAD_SCRIPT, and the errors of opening the console; later errors are in the result
 */
export async function runConsoleScript(
  session: HostSession,
  options: ConsoleScriptOptions,
): Promise<ConsoleScriptResult> {
  const { script, signal, onStep } = options;
  const parsed = parseConsoleScript(script.text, script.name);
  const { ports } = session;
  const opened = await openConsole(session, options);
  const startMs = ports.monotonicMs();
  const run = new ScriptRun(parsed, startMs);
  try {
    const isOpen = await drive(session, run, opened.channel, signal, onStep);
    const outcome =
      run.state !== 'running' ? run.state : signal?.aborted === true || isOpen ? 'interrupted' : 'closed';
    const { name, uuid, state, console } = opened;
    return {
      machine: { name, uuid, state, console },
      outcome,
      steps: run.outcomes,
      durationMs: ports.monotonicMs() - startMs,
      transcript: run.transcript,
      failure: failureOf(outcome, run.outcomes, name),
    };
  } finally {
    opened.close();
  }
}

/** Runs until the script ends; `false` if the console was closed before. */
async function drive(
  { ports }: HostSession,
  run: ScriptRun,
  channel: Channel,
  signal: AbortSignal | undefined,
  onStep: ((outcome: ScriptStepOutcome) => void) | undefined,
): Promise<boolean> {
  let told = 0;
  let reading = channel.read();
  for (;;) {
    const ended = onStep === undefined ? NO_OUTCOMES : run.outcomes.filter(({ endedMs }) => endedMs !== null);
    for (const outcome of ended.slice(told)) onStep?.(outcome);
    told = ended.length;
    const output = run.takeOutput();
    // The kernel buffers it. If the buffer is full because the guest does not read, it waits, and the time of the step
    // goes on.
    const writing = output === '' ? null : channel.write(Buffer.from(output));
    if (run.state !== 'running') return writing === null || (await within(ports, writing, signal)) !== false;
    const leftMs = Math.max(0, (run.deadlineMs ?? 0) - ports.monotonicMs());
    const wake = new AbortController();
    const ends = signal === undefined ? wake.signal : AbortSignal.any([wake.signal, signal]);
    const event = await Promise.race([reading, ports.pause(leftMs, ends)]);
    wake.abort();
    if (signal?.aborted === true) return true;
    if (event === null) return false;
    if (event === undefined) run.tick(ports.monotonicMs());
    else {
      run.feed(event, ports.monotonicMs());
      reading = channel.read();
    }
  }
}

const LAST_WRITE_MS = 5000;

/** The result of a write, or `undefined` if it takes too long. */
async function within(
  ports: HostSession['ports'],
  writing: Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  const wake = new AbortController();
  const ends = signal === undefined ? wake.signal : AbortSignal.any([wake.signal, signal]);
  const result = await Promise.race([writing, ports.pause(LAST_WRITE_MS, ends)]);
  wake.abort();
  return result ?? undefined;
}

function failureOf(
  outcome: ConsoleScriptResult['outcome'],
  steps: readonly ScriptStepOutcome[],
  name: string,
): PortalGunError | null {
  if (outcome === 'timeout') {
    const step = steps.find((each) => each.outcome === 'timeout')?.step;
    const seconds = step?.kind === 'expect' ? step.timeoutMs / 1000 : 0;
    return new PortalGunError('CONSOLE_TIMEOUT', `not found within ${seconds} s: ${step?.words}`, {
      subject: step?.at ?? name,
    });
  }
  if (outcome !== 'closed') return null;
  const step = steps.find((each) => each.outcome === 'pending')?.step;
  return new PortalGunError('CONSOLE_FAILED', `the VM stopped before this step ended: ${step?.words}`, {
    subject: name,
  });
}
