import { PortalGunError } from '../base/errors.ts';
import type { Background } from '../host/background.ts';
import { type HostReader, isFailure } from '../host/host-reader.ts';
import type { Runner } from '../host/runner.ts';
import { commandLinePath, SYSTEMD_PATH, USE_PATHS } from '../sysfs/paths.ts';

/** The ports for starting a watchdog. */
export interface WatchdogHost {
  readonly reader: HostReader;
  readonly runner: Runner;
  readonly background: Background;
}

/** A process that runs later, even if this process was killed, and checks whether a change was confirmed. */
export interface Watchdog {
  /** The id of its journal. */
  readonly id: string;
  readonly afterMs: number;
  /** The program to run, with its arguments: paths are absolute, and the last word is the id. */
  readonly words: readonly string[];
}

/**
 * Starts a watchdog: a systemd timer if systemd is the init, because it outlives the session and its processes;
 * otherwise a process in its own session.
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
  if (run.kind === 'missing') throw failed('systemd-run', 'is not installed');
  throw failed('systemd-run', run.kind === 'failed' ? run.detail : lastLine(run.stderr));
}

/**
 * Ends a watchdog that is no longer needed, because it would hold the lock of the host for a moment. If it cannot be
 * ended, it finds nothing to do.
 */
export async function stopWatchdog(
  { reader, runner }: Pick<WatchdogHost, 'reader' | 'runner'>,
  id: string,
): Promise<void> {
  if (isSystemd(reader)) {
    await runner.run('systemctl', ['--quiet', 'stop', `${unitOf(id)}.timer`]);
    return;
  }
  // It leads its own process group, which includes its `sleep`.
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
