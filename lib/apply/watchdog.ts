import { PortalGunError } from '../base/errors.ts';
import type { Background } from '../host/background.ts';
import { type HostReader, isFailure } from '../host/host-reader.ts';
import type { Runner } from '../host/runner.ts';
import { commandLinePath, SYSTEMD_PATH, USE_PATHS } from '../sysfs/paths.ts';

/** What a watchdog is started through. */
export interface WatchdogHost {
  readonly reader: HostReader;
  readonly runner: Runner;
  readonly background: Background;
}

/** Somebody who comes back after a time, whatever has become of us, and looks whether a change was confirmed. */
export interface Watchdog {
  /** Of the journal that it looks at. */
  readonly id: string;
  readonly afterMs: number;
  /** The program that it runs then, with its arguments: paths are absolute, and the last one is the id. */
  readonly words: readonly string[];
}

/**
 * Starts a watchdog: a timer of systemd where that is the init, which outlives the session and what a session may
 * leave running; elsewhere a process in a session of its own.
 *
 * @throws PortalGunError WATCHDOG_FAILED
 */
export async function startWatchdog(
  { reader, runner, background }: WatchdogHost,
  { id, afterMs, words }: Watchdog,
): Promise<void> {
  const seconds = String(Math.ceil(afterMs / 1000));
  if (!isSystemd(reader)) {
    const script = 'sleep "$1" && shift && exec "$@"';
    const problem = await background.start('sh', ['-c', script, 'sh', seconds, ...words]);
    if (problem !== null) throw failed('sh', `cannot be started: ${problem}`);
    return;
  }
  const run = await runner.run('systemd-run', [
    '--quiet',
    '--collect',
    `--unit=${unitOf(id)}`,
    '--description=Undo a change of portal-gun that was not confirmed',
    `--on-active=${seconds}s`,
    '--timer-property=AccuracySec=1s',
    '--',
    ...words,
  ]);
  if (run.kind === 'exited' && run.exitCode === 0) return;
  if (run.kind === 'missing') throw failed('systemd-run', 'is not there');
  throw failed('systemd-run', run.kind === 'failed' ? run.detail : lastLine(run.stderr));
}

/**
 * Ends a watchdog that is not needed any more: whenever it came back, it would hold the host's lock for a moment. One that
 * cannot be ended finds nothing to do.
 */
export async function stopWatchdog(
  { reader, runner }: Pick<WatchdogHost, 'reader' | 'runner'>,
  id: string,
): Promise<void> {
  if (isSystemd(reader)) {
    await runner.run('systemctl', ['--quiet', 'stop', `${unitOf(id)}.timer`]);
    return;
  }
  // It leads a process group of its own, which the `sleep` that it waits with is in as well.
  for (const pid of processesOf(reader, id)) await runner.run('sh', ['-c', 'kill -TERM "-$1"', 'sh', pid]);
}

/** The processes whose last word is the id of a watchdog. */
function processesOf(reader: HostReader, id: string): readonly string[] {
  const names = reader.list(USE_PATHS.processes);
  if (names === null || isFailure(names)) return [];
  return names.filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    const words = reader.readText(commandLinePath(Number(name)));
    return typeof words === 'string' && words.endsWith(`\0--unconfirmed\0${id}\0`);
  });
}

function isSystemd(reader: HostReader): boolean {
  return reader.exists(SYSTEMD_PATH);
}

function unitOf(id: string): string {
  return `portal-gun-confirm-${id}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function failed(subject: string, what: string): PortalGunError {
  return new PortalGunError('WATCHDOG_FAILED', what, { subject });
}
