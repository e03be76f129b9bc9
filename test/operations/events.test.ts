import { chmodSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import type { Runner } from '../../lib/host/runner.ts';
import { listEvents } from '../../lib/operations/events/list-events.ts';
import { type RunEventOptions, runEvent } from '../../lib/operations/events/run-event.ts';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { HostSession } from '../../lib/operations/session/host-session.ts';
import { EVENT_HOOK_PATH } from '../../lib/plan/persistence/start-hook-paths.ts';
import { idleHost } from '../support/idle-host.ts';
import { machineProject } from '../support/machine-project.ts';
import { ALONE, routerCluster } from '../support/router-cluster.ts';
import { type SimulatedMachine, simulateMachine, stateOf } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
const MACHINE = 'category: router\nmemory: 128MiB\n';
const EMPTY = '#!/bin/sh\n';

function project() {
  const made = machineProject(ABOVE, idleHost([]));
  const pathOf = (path: string): string => join(made.root, 'machines', path);
  made.write('r0/machine.yaml', MACHINE);
  return {
    ...{ ...made, pathOf },
    script(path: string, text = EMPTY, mode = 0o755) {
      made.write(path, text);
      chmodSync(pathOf(path), mode);
    },
  };
}

async function up(host: Session): Promise<readonly string[]> {
  const proposal = await host.machines.up();
  if (proposal.plan.steps.length > 0) {
    expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
  }
  return proposal.plan.steps.map(({ words }) => words);
}

describe('the scripts of a machine on the host', () => {
  it('are installed with the hook, follow the folder, and go with the machine', async () => {
    const { machine, script, session, pathOf } = project();
    script('r0/scripts/prepare.d/10-x');
    script('r0/scripts/notify', '#!/bin/sh\n# portal: on=started\n');
    const [host, before] = [await session(), stateOf(machine)];
    expect(machine.libvirt.callsHooks).toBe(false);
    const power = (await host.machines.up()).plan.steps.at(-1)?.change;
    expect(power).toMatchObject({ kind: 'power', scriptSeconds: 120 });
    const steps = await up(host);
    const folder = `/etc/portal-gun/events/${machine.libvirt.domain('r0').uuid}`;
    expect(steps.slice(0, 5)).toEqual([
      `create ${folder}/`,
      'r0: install scripts/notify, which root runs on started',
      'r0: install scripts/prepare.d/10-x, which root runs on prepare',
      `install the libvirt hook that runs the scripts and the relays of machines: ${EVENT_HOOK_PATH}`,
      'libvirt: reload, and check that it calls the hook',
    ]);
    expect(machine.libvirt.callsHooks).toBe(true);
    expect(machine.files.files.get(`${folder}/started.d/notify`)).toContain('on=started');
    expect(machine.files.files.get(EVENT_HOOK_PATH)).toContain('portal.js run-event "$1"');
    expect(await up(host)).toEqual([]);
    expect((await host.machines.status()).machines).toMatchObject([{ definition: 'current' }]);

    script('r0/scripts/prepare.d/10-x', '#!/bin/sh\ntrue\n');
    script('r0/scripts/stopped.d/x');
    rmSync(pathOf('r0/scripts/notify'));
    expect((await host.machines.status()).machines).toMatchObject([
      {
        definition: 'changed',
        differences: [
          'scripts/prepare.d/10-x is changed',
          'scripts/stopped.d/x is not installed',
          'script started.d/notify is installed, and not in the folder',
        ],
      },
    ]);
    expect(await up(host)).toEqual([
      `create ${folder}/stopped.d/`,
      'r0: install scripts/prepare.d/10-x, which root runs on prepare',
      'r0: install scripts/stopped.d/x, which root runs on stopped',
      'r0: remove the script started.d/notify',
      `remove ${folder}/started.d/`,
    ]);

    expect(await host.apply(await host.machines.destroy({ data: true }))).toMatchObject({ outcome: 'done' });
    expect(stateOf(machine)).toBe(before);
  });

  it('take the hook with them if no other machine has any', async () => {
    const { machine, write, script, session, pathOf } = project();
    write('s0/machine.yaml', MACHINE);
    script('r0/scripts/prepare.d/x');
    script('s0/scripts/prepare.d/x');
    const host = await session();
    await up(host);
    await host.apply(await host.machines.destroy({ machines: ['s0'] }));
    expect(machine.files.files.has(EVENT_HOOK_PATH)).toBe(true);
    rmSync(pathOf('r0/scripts'), { recursive: true });
    rmSync(pathOf('s0'), { recursive: true });
    expect((await up(host)).at(-1)).toBe(
      `remove the libvirt hook that runs the scripts and the relays of machines: ${EVENT_HOOK_PATH}`,
    );
    expect(machine.files.files.has(EVENT_HOOK_PATH)).toBe(false);
  });

  it('leave the hook for a machine that sees the consoles of others, which has it without scripts', async () => {
    const { machine, write, script, session, pathOf } = project();
    script('r0/scripts/prepare.d/x');
    write('c0/machine.yaml', 'category: controller\nmemory: 128MiB\nconsoles: [{ of: r0 }]\n');
    const [host, before] = [await session(), stateOf(machine)];
    await up(host);
    const destroy = async (name: string) =>
      host.apply(await host.machines.destroy({ machines: [name], data: true }));
    await destroy('r0');
    rmSync(pathOf('r0/scripts'), { recursive: true });
    expect(await host.apply(await host.machines.up({ machines: ['r0'] }))).toMatchObject({ outcome: 'done' });
    expect(machine.files.files.has(EVENT_HOOK_PATH)).toBe(true);
    await destroy('c0');
    expect(machine.files.files.has(EVENT_HOOK_PATH)).toBe(false);
    const steps = (await host.machines.up({ machines: ['c0'] })).plan.steps.map(({ words }) => words);
    expect(steps).toContain(
      `install the libvirt hook that runs the scripts and the relays of machines: ${EVENT_HOOK_PATH}`,
    );
    await destroy('r0');
    expect(stateOf(machine)).toBe(before);
  });

  it('leave nothing if libvirt does not call the hook', async () => {
    const { machine, script, session } = project();
    script('r0/scripts/prepare.d/x');
    const [host, before] = [await session(), stateOf(machine)];
    machine.libvirt.failure = ([verb]) => (verb === 'create' ? 'no emulator' : null);
    const report = await host.apply(await host.machines.up());
    expect(report.outcome).toBe('undone');
    expect(report.steps.flatMap(({ problem }) => problem ?? [])).toEqual([
      'libvirt does not call the hook: no emulator',
    ]);
    expect(stateOf(machine)).toBe(before);
  }, 20_000);

  it('are refused with a fault, and all faults are in the check', async () => {
    const { script, session, pathOf } = project();
    script('r0/scripts/prepare.d/a', EMPTY, 0o644);
    symlinkSync('/bin/true', pathOf('r0/scripts/prepare.d/b'));
    const host = await session();
    await expect(host.machines.up()).rejects.toMatchObject({
      code: 'BAD_DEFINITION',
      subject: 'machines/r0/scripts/prepare.d/a',
      message: 'cannot be executed (and 1 more: portal check r0)',
    });
    expect((await host.machines.check()).machines[0]?.faults.map(({ message }) => message)).toEqual([
      'cannot be executed',
      'is a symbolic link',
    ]);
    const whole = project();
    whole.write('r0/scripts', 'not a directory');
    expect((await (await whole.session()).machines.check()).machines[0]?.faults).toMatchObject([
      { at: 'machines/r0/scripts', message: 'is not a directory' },
    ]);
  });

  it('are refused if another user can change them', async () => {
    const { machine, script, session, pathOf } = project();
    script('r0/scripts/prepare.d/x', EMPTY, 0o775);
    const [host, before] = [await session(), stateOf(machine)];
    await expect(host.machines.up()).rejects.toMatchObject({
      code: 'UNTRUSTED_SCRIPT',
      subject: pathOf('r0/scripts/prepare.d/x'),
      message: 'is writable by users other than root (mode 775), and root would run it on prepare',
    });
    chmodSync(pathOf('r0/scripts/prepare.d/x'), 0o755);
    chmodSync(pathOf('r0/scripts/prepare.d'), 0o757);
    await expect(host.machines.up()).rejects.toMatchObject({ subject: pathOf('r0/scripts/prepare.d') });
    expect(stateOf(machine)).toBe(before);
  });
});

const UUID = '8a4daced-3874-4273-8ef2-0474238f9fb4';
const DOCUMENT = `<domain type='kvm'><name>renamed</name><uuid>${UUID}</uuid><metadata><p:machine xmlns:p='urn:portal-gun:machine:v1' category='router' folder='/home/it/lab/machines/r0'/></metadata></domain>`;

/** Runs installed scripts, which are in memory, by the shell of this machine. */
function runnerOf({ files }: SimulatedMachine): Runner {
  const live = new LiveRunner(['/usr/bin', '/bin']);
  return {
    run(program, args, options) {
      const text = files.files.get(args.at(-1) ?? '');
      if (program !== 'env' || text === undefined) return Promise.resolve({ kind: 'missing' });
      return live.run('env', [...args.slice(0, -1), 'sh', '-c', text], options);
    },
  };
}

function eventsOf(scripts: Readonly<Record<string, string>>, isRoot = true) {
  const machine = simulateMachine(idleHost([]));
  for (const [path, text] of Object.entries(scripts)) {
    machine.files.files.set(`/etc/portal-gun/events/${UUID}/${path}`, `#!/bin/sh\n${text}\n`);
  }
  const ports = { ...simulatedPorts(machine, { isRoot }), runner: runnerOf(machine) };
  const session = new HostSession({ ...ports, monotonicMs: () => performance.now() });
  return {
    machine,
    run: (event: string, more: Partial<RunEventOptions> = {}) =>
      runEvent(session, { event, document: DOCUMENT, ...more }),
    list: async (last?: number) => (await listEvents(session, 'r0', last)).events,
  };
}

describe('an event', () => {
  it('runs its scripts in order, with their environment and the document, and keeps what they print', async () => {
    const { run, list } = eventsOf({
      'stopped.d/20-b': 'echo second; echo error >&2; wc -c',
      'stopped.d/10-a': 'env | grep ^PORTAL | sort',
      'release.d/x': 'exit 9',
    });
    await run('stopped', { reason: 'crashed' });
    const [record, ...more] = await list();
    expect(more).toEqual([]);
    expect(record).toMatchObject({ event: 'stopped', reason: 'crashed', device: null });
    expect(record?.scripts).toMatchObject([
      {
        ...{ path: 'stopped.d/10-a', order: 10, outcome: 'done', exitCode: 0, isCut: false },
        output: `PORTAL_CATEGORY=router
PORTAL_DEVICE=
PORTAL_EVENT=stopped
PORTAL_FOLDER=/home/it/lab/machines/r0
PORTAL_MACHINE=r0
PORTAL_REASON=crashed
PORTAL_UUID=${UUID}
`,
      },
      { path: 'stopped.d/20-b', output: expect.stringContaining('second') },
    ]);
    expect(record?.scripts[1]?.output).toContain('error');
    expect(record?.scripts[1]?.output).toContain(`${DOCUMENT.length}`);
  });

  it('halts at a script that fails, and goes on after one that may', async () => {
    const { run, list } = eventsOf({
      'started.d/1': '# portal: on-error=continue\nexit 4',
      'started.d/2': 'exit 5',
      'started.d/3': 'echo never',
    });
    await run('started');
    expect((await list())[0]?.scripts).toMatchObject([
      { outcome: 'failed', exitCode: 4 },
      { outcome: 'failed', exitCode: 5 },
      { outcome: 'not-run', exitCode: null, output: '' },
    ]);
  });

  it('prevents the start if a script of prepare fails, with its words', async () => {
    const { run, list } = eventsOf({
      'prepare.d/x': 'echo one; echo two; echo three; echo "no cable" >&2; exit 3',
    });
    await expect(run('prepare')).rejects.toMatchObject({
      code: 'EVENT_FAILED',
      subject: 'r0',
      message: 'prepare.d/x: two; three; no cable (exit code 3)',
    });
    expect(await list()).toMatchObject([{ event: 'prepare', scripts: [{ outcome: 'failed' }] }]);
    const mild = eventsOf({ 'prepare.d/x': '# portal: on-error=continue\nexit 3' });
    expect(await mild.run('prepare')).toMatchObject({ recordProblem: null });
  });

  it('ends a script that takes too long, and what it started', async () => {
    const { run, list } = eventsOf({
      'stopped.d/x': '# portal: timeout=300ms\necho begun; sleep 30 & sleep 30',
    });
    const startedMs = performance.now();
    await run('stopped');
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect((await list())[0]?.scripts).toMatchObject([
      { outcome: 'timed-out', exitCode: null, detail: 'did not end within 0.3 s', output: 'begun\n' },
    ]);
  });

  it('keeps the end of what a script prints, and two files of records', async () => {
    const { machine, run, list } = eventsOf({ 'stopped.d/x': 'yes abcdefg | head -n 10000; echo end' });
    await run('stopped');
    const [record] = await list();
    expect(record?.scripts[0]).toMatchObject({ outcome: 'done', isCut: true });
    expect(record?.scripts[0]?.output).toHaveLength(16 * 1024);
    expect(record?.scripts[0]?.output).toMatch(/end\n$/);
    for (let count = 0; count < 70; count++) await run('stopped');
    const sizes = [...machine.files.files]
      .filter(([path]) => path.startsWith('/var/log/portal-gun/machines/r0/'))
      .map(([path, { length }]) => [path.slice(-14), length < 1.1 * 1024 * 1024]);
    expect(sizes).toEqual([
      ['events.1.jsonl', true],
      ['0/events.jsonl', true],
    ]);
    expect(await list()).toHaveLength(71);
    expect(await list(2)).toHaveLength(2);
  }, 30_000);

  it('needs root, an event of the host, and a machine; without a script it is not recorded', async () => {
    const { run, list } = eventsOf({ 'stopped.d/x': 'true' });
    expect(await run('release')).toEqual({ record: null, recordProblem: null });
    expect(await list()).toEqual([]);
    await expect(run('boot')).rejects.toMatchObject({ code: 'BAD_ARGUMENT', subject: 'boot' });
    await expect(run('stopped', { document: '<domain><name>a</name></domain>' })).rejects.toMatchObject({
      code: 'BAD_XML',
    });
    await expect(eventsOf({}, false).run('stopped')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('does not pass over a script that others may have written', async () => {
    const { machine, run } = eventsOf({ 'prepare.d/x': 'true' });
    machine.files.read = () => Promise.resolve({ failed: 'belongs to user 1000, not to root' }) as never;
    await expect(run('prepare')).rejects.toMatchObject({ code: 'UNTRUSTED_SCRIPT' });
  });
});

describe('a device that a running machine gets or loses', () => {
  it('is an event if a plan of ours gives or takes it', async () => {
    const { machine, ports } = routerCluster();
    const { libvirt, files, runner } = machine;
    libvirt.start();
    const mark = "<p:machine xmlns:p='urn:portal-gun:machine:v1' folder='/p/machines/galaxy0'/>";
    libvirt.live = (libvirt.live ?? '').replace('<os>', `<metadata>${mark}</metadata><os>`);
    const folder = `/etc/portal-gun/events/${libvirt.domain('galaxy0').uuid}`;
    files.files.set(`${folder}/device-added.d/x`, '#!/bin/sh\necho got $PORTAL_DEVICE\n');
    files.files.set(`${folder}/device-removed.d/x`, '#!/bin/sh\nexit 1\n');
    const scripts = runnerOf(machine);
    const both: Runner = {
      run: (program, ...more) => (program === 'env' ? scripts : runner).run(program, ...more),
      open: runner.open,
    };
    const session = await openSession({ pciIds: 'bundled' }, { ...ports, runner: both });
    const request = { devices: [ALONE], to: { machines: ['galaxy0'] }, live: true } as const;
    expect(await session.apply(await session.assign(request))).toMatchObject({ outcome: 'done' });
    expect(await session.apply(await session.unassign({ devices: [ALONE], live: true }))).toMatchObject({
      outcome: 'done',
    });
    const { events } = await session.machines.events('galaxy0');
    expect(events).toMatchObject([
      { event: 'device-added', device: ALONE, scripts: [{ outcome: 'done', output: `got ${ALONE}\n` }] },
      { event: 'device-removed', device: ALONE, scripts: [{ outcome: 'failed', exitCode: 1 }] },
    ]);
  });
});
