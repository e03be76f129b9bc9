import { describe, expect, it } from 'vitest';
import {
  type EventRecord,
  formatEventRecord,
  type ScriptResult,
} from '../../lib/machines/events/event-record.ts';
import { idleHost } from '../support/idle-host.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { portalOn } from '../support/pci-program.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';

const FOLDER = '/var/log/portal-gun/machines/r0';
const SCRIPT: ScriptResult = {
  ...{ path: 'prepare.d/10-x', order: 10, outcome: 'done', exitCode: 0, detail: null },
  ...{ durationMs: 1234, output: 'one\ntwo\u001b[2J\n', isCut: false },
};
const RECORD: EventRecord = {
  ...{ event: 'prepare', at: '2026-01-01T00:00:00.000Z', durationMs: 1300, reason: null, device: null },
  scripts: [SCRIPT],
};
const LAST: EventRecord = {
  ...{ event: 'release', at: '2026-01-01T00:01:00.000Z', durationMs: 2000, reason: 'crashed', device: null },
  scripts: [
    { ...SCRIPT, path: 'release.d/a', outcome: 'failed', exitCode: 3, output: '', isCut: true },
    {
      ...SCRIPT,
      path: 'release.d/b',
      outcome: 'timed-out',
      exitCode: null,
      detail: 'did not end within 2 s',
    },
    { ...SCRIPT, path: 'release.d/c', outcome: 'not-run', exitCode: null, durationMs: 0, output: '' },
    { ...SCRIPT, path: 'release.d/d', outcome: 'failed', exitCode: null, detail: 'SIGKILL', output: '' },
  ],
};

function portal(input = '') {
  const machine = simulateMachine(idleHost([]));
  machine.files.files.set(`${FOLDER}/events.1.jsonl`, formatEventRecord(RECORD));
  machine.files.files.set(`${FOLDER}/events.jsonl`, formatEventRecord(LAST));
  const ports = simulatedPorts(machine, { input });
  return { machine, run: (line: string) => portalOn(ports, line.split(' ')) };
}

describe('portal log --events', () => {
  it('shows order, time, result and output of each script', async () => {
    const { run } = portal();
    expect(await run('log r0 --events')).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `2026-01-01T00:00:00.000Z  prepare  1.3 s
   10 prepare.d/10-x: done  1.2 s
        one
        two\\x1b[2J
2026-01-01T00:01:00.000Z  release (crashed)  2.0 s
   10 release.d/a: failed (exit code 3)  1.2 s
        [the beginning of its output was not kept]
   10 release.d/b: timed out  1.2 s
        one
        two\\x1b[2J
   10 release.d/c: not run
   10 release.d/d: failed (SIGKILL)  1.2 s
`,
    });
    expect((await run('log r0 --events --lines 1')).stdout).toMatch(/^2026-01-01T00:01:00.000Z {2}release/);
    expect(await run('log s0 --events')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'portal: s0: no script ran on an event yet\n',
    });
  });

  it('prints JSON', async () => {
    const { stdout } = await portal().run('log r0 --events --json');
    const validate = validatorOf('machine-events', { strict: true });
    validate(JSON.parse(stdout));
    expect(validate.errors ?? []).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ machine: 'r0', events: [RECORD, LAST] });
  });

  it.each([
    ['log r0 --json', 'applies only to --events'],
    ['log r0 --events --follow', 'cannot be used with --events'],
    ['log r0 --events --raw', 'cannot be used with --events'],
    ['log ../etc --events', 'cannot be the name of a machine'],
  ])('refuses %s', async (line, words) => {
    const { exitCode, stdout, stderr } = await portal().run(line);
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toContain(words);
  });
});

describe('portal run-event', () => {
  const uuid = '8a4daced-3874-4273-8ef2-0474238f9fb4';
  const document = `<domain><name>r0</name><uuid>${uuid}</uuid><metadata><p:machine xmlns:p='urn:portal-gun:machine:v1' folder='/p/machines/r0'/></metadata></domain>`;

  it('reads the document that the hook passes, and shows why a VM must not start', async () => {
    const { machine, run } = portal(document);
    expect(await run('run-event prepare --reason -')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    machine.files.files.set(`/etc/portal-gun/events/${uuid}/prepare.d/x`, '#!/bin/sh\n');
    const { exitCode, stderr } = await run('run-event prepare --reason -');
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^portal: r0: prepare\.d\/x: env is not installed \[EVENT_FAILED\]\nhint: /);
    machine.files.append = async () => ({ failed: 'ENOSPC' });
    machine.files.files.set(`/etc/portal-gun/events/${uuid}/stopped.d/x`, '#!/bin/sh\n');
    expect(await run('run-event stopped')).toEqual({
      ...{ exitCode: 0, stdout: '' },
      stderr: `portal: the event is not recorded: ${FOLDER}/events.jsonl: ENOSPC\n`,
    });
  });
});
