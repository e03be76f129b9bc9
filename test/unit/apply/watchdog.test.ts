import { describe, expect, it } from 'vitest';
import { startWatchdog, stopWatchdog, type WatchdogHost } from '../../../lib/apply/watchdog.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import type { Run } from '../../../lib/host/runner.ts';

const ID = '20261122T070000000Z';
const WORDS = ['/usr/bin/node', '/opt/a b/pci.js', 'recover', '--unconfirmed', ID];
const WATCHDOG = { id: ID, afterMs: 60_000, words: WORDS };
const FINE: Run = { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };

/** Processes by their ids: a watchdog, the one of another change, and two that only name the id. */
const PROCESSES: Readonly<Record<string, readonly string[]>> = {
  7: ['sh', '-c', 'sleep "$1" && shift && exec "$@"', 'sh', '60', ...WORDS],
  8: [...WORDS.slice(0, -1), '20261122T070000001Z'],
  9: ['less', `/var/lib/portal-gun/journal/${ID}`],
  10: ['vi', ID],
};

/** A host that writes down what is started on it. */
function hostWith(isSystemd: boolean, run: Run = FINE, problem: string | null = null) {
  const started: (readonly string[])[] = [];
  const host: WatchdogHost = {
    reader: {
      exists: (path: string) => isSystemd && path === '/run/systemd/system',
      list: (path: string) => (path === '/proc' ? [...Object.keys(PROCESSES), '11', 'self'] : null),
      readText: (path: string) =>
        PROCESSES[path.replace(/^\/proc\/(.*)\/cmdline$/, '$1')]?.map((word) => `${word}\0`).join('') ?? null,
    } as HostReader,
    runner: {
      run: async (program, args) => {
        started.push([program, ...args]);
        return run;
      },
    },
    background: {
      start: async (program, args) => {
        started.push(['background', program, ...args]);
        return problem;
      },
    },
  };
  return { host, started };
}

describe('a watchdog', () => {
  it('is a timer of systemd where that is the init, and can be let go', async () => {
    const { host, started } = hostWith(true);
    await startWatchdog(host, WATCHDOG);
    await stopWatchdog(host, ID);
    const [start = [], stop] = started;
    expect(start.slice(0, 1)).toEqual(['systemd-run']);
    expect(start).toContain('--on-active=60s');
    expect(start).toContain(`--unit=portal-gun-confirm-${ID}`);
    expect(start.slice(start.indexOf('--') + 1)).toEqual(WORDS);
    expect(stop).toEqual(['systemctl', '--quiet', 'stop', `portal-gun-confirm-${ID}.timer`]);
  });

  it('is a process elsewhere, which runs the words as they are, and is ended with its group', async () => {
    const { host, started } = hostWith(false);
    await startWatchdog(host, WATCHDOG);
    await stopWatchdog(host, ID);
    expect(started).toEqual([
      ['background', 'sh', '-c', 'sleep "$1" && shift && exec "$@"', 'sh', '60', ...WORDS],
      ['sh', '-c', 'kill -TERM "-$1"', 'sh', '7'],
    ]);
  });

  it.each([
    [hostWith(true, { kind: 'missing' }), 'systemd-run', 'is not installed'],
    [
      hostWith(true, { kind: 'failed', detail: 'did not end within 60 s' }),
      'systemd-run',
      'did not end within 60 s',
    ],
    [
      hostWith(true, { kind: 'exited', exitCode: 1, stdout: '', stderr: 'a\nFailed to connect to bus\n' }),
      'systemd-run',
      'Failed to connect to bus',
    ],
    [hostWith(false, FINE, 'EAGAIN'), 'sh', 'cannot be started: EAGAIN'],
  ])('that can not be started is said, case %#', async ({ host }, subject, message) => {
    await expect(startWatchdog(host, WATCHDOG)).rejects.toMatchObject({
      code: 'WATCHDOG_FAILED',
      subject,
      message,
    });
  });
});
