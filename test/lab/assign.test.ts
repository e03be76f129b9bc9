import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import type { ApplyOptions } from '../../lib/apply/application.ts';
import type { ApplyReport } from '../../lib/apply/apply-report.ts';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { openHost } from '../../lib/host/open-host.ts';
import type { Runner } from '../../lib/host/runner.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { applyPlan } from '../support/apply-plan.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { fixture, type Outcome, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { askedRunner, definesMachine } from './asked-runner.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { taggedDomain } from './tagged-domain.ts';

/** Two functions in one group. */
const PAIR = ['0000:03:00.0', '0000:03:00.1'] as const;
const HOST = fixture('lab-intel');
const ROUTERS = ['galaxy0', 'star router', 'universe0'] as const;
const OTHERS = ['controller0', 'mail', 'router-to-be'] as const;
const ALL = [...ROUTERS, ...OTHERS];
const CATEGORIES: Readonly<Record<string, string>> = { controller0: 'controller', mail: 'application' };

describeLibvirtd('assignments, with a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);

  const define = (stdin: string): Promise<string> => libvirtd().output(['define', '/dev/stdin'], { stdin });

  beforeEach(async () => {
    const known = (await libvirtd().output(['list', '--all', '--uuid'])).trim().split('\n');
    for (const uuid of known.filter((each) => each !== '')) await libvirtd().output(['undefine', uuid]);
    for (const name of ALL) {
      const category = CATEGORIES[name] ?? (name === 'router-to-be' ? null : 'router');
      await define(taggedDomain(name, category, name === 'universe0' ? 'pc' : 'q35'));
    }
  });

  /** The definition of each machine, to the byte, passwords included. */
  const definitions = async (names: readonly string[] = ALL): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const name of names) {
      found.push(await libvirtd().output(['dumpxml', '--inactive', '--security-info', name]));
    }
    return found;
  };

  const run = (...args: readonly string[]): Promise<Outcome> =>
    pciInside([args[0] ?? '', '--host', HOST, '--connect', libvirtd().uri, ...args.slice(1)]);

  /** Of a captured host it is not known where this session came from. */
  const allowed = (verb: string | undefined): readonly string[] =>
    verb === 'assign' ? ['--allow', 'session,node-open'] : [];

  /** The plan of a command, by its own document. */
  const planOf = async (...args: readonly string[]): Promise<Plan> => {
    const { exitCode, stdout, stderr } = await run(...args, ...allowed(args[0]), '--dry-run', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('plan', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    return document as Plan;
  };

  /** Applies a plan, with the journal in memory: where it is on a host only root may write. */
  const apply = (
    plan: Plan,
    runner: Runner = new LiveRunner(),
    options: ApplyOptions = {},
  ): Promise<ApplyReport> => {
    const machine = simulateMachine(openHost(HOST));
    const occasion = { startedAt: '2026-11-22T07:00:00.000Z', bootId: null };
    return applyPlan(plan, { ...machine, runner, files: new MemoryFiles() }, occasion, options);
  };

  const assign = async (...args: readonly string[]): Promise<void> => {
    expect(await apply(await planOf('assign', ...args))).toMatchObject({ outcome: 'done' });
  };

  test('change the machines of the type alone, once, and go without a trace', async () => {
    const before = await definitions();
    await assign(PAIR[0], '--type', 'router');
    const after = await definitions();
    expect(after.slice(ROUTERS.length)).toEqual(before.slice(ROUTERS.length));
    for (const text of after.slice(0, ROUTERS.length)) {
      expect(text).toContain("passwd='secret'");
      for (const address of PAIR)
        expect(text).toContain(`<alias name='ua-portal-gun-${address.replaceAll(/[:.]/g, '-')}'/>`);
      expect(text.match(/multifunction='on'\/>\n {4}<\/hostdev>/g)).toHaveLength(1);
    }
    expect(await planOf('assign', PAIR[1], '--type', 'router')).toMatchObject({ steps: [] });

    expect(await apply(await planOf('unassign', PAIR[1]))).toMatchObject({ outcome: 'done' });
    expect(await definitions()).toEqual(before);
  });

  test('get the ROM of a network card unless they are routers, and pci rom list tells', async () => {
    const machinesOf = async (): Promise<unknown> => {
      const args = ['rom', 'list', PAIR[0], '--host', HOST, '--connect', libvirtd().uri, '--json'];
      const { stdout } = await pciInside(args);
      return (JSON.parse(stdout) as { roms: readonly { machines: unknown }[] }).roms[0]?.machines;
    };
    expect(await machinesOf()).toEqual([]);
    await assign(PAIR[0], '--type', 'router');
    expect(await machinesOf()).toEqual(ROUTERS.map((machine) => ({ machine, rom: 'off', file: null })));
    await apply(await planOf('unassign', PAIR[0]));
    await assign(PAIR[0], '--type', 'application');
    expect(await machinesOf()).toEqual([{ machine: 'mail', rom: 'on', file: null }]);
  });

  test('are all undone where one machine does not take its new definition', async () => {
    const before = await definitions();
    const plan = await planOf('assign', PAIR[0], '--type', 'router');
    let defined = 0;
    let versions = 0;
    const runner = askedRunner(new LiveRunner(), (asked) => {
      if (/^version /m.test(asked.request)) versions += 1;
      if (!definesMachine(asked)) return asked.pass();
      defined += 1;
      return asked.pass(defined === 3 ? { ...asked.options, input: '<domain/>' } : asked.options);
    });
    const report = await apply(plan, runner);
    expect(report).toMatchObject({ outcome: 'undone' });
    expect(versions).toBe(1);
    expect(report.steps.map(({ outcome }) => outcome)).toEqual(['undone', 'undone', 'undone']);
    expect(report.steps[2]?.problem).toContain('libvirt refused its definition');
    expect(await definitions()).toEqual(before);
  });

  test('are undone where libvirt does not answer for a while', async () => {
    const before = await definitions();
    const plan = await planOf('assign', PAIR[0], '--type', 'router');
    let [defined, lost] = [0, 0];
    const runner = askedRunner(new LiveRunner(), async (asked) => {
      if (definesMachine(asked)) defined += 1;
      if (defined !== 2 || lost === 2) return asked.pass();
      lost += 1;
      const stderr = 'error: failed to connect to the hypervisor\nerror: gone';
      return { kind: 'exited', exitCode: 1, stdout: '', stderr };
    });
    const report = await apply(plan, runner);
    expect(report.steps.map(({ outcome }) => outcome)).toEqual(['undone', 'undone', 'untouched']);
    expect(report.steps[1]?.problem).toBe(`${libvirtd().uri}: libvirt does not answer: gone`);
    expect(await definitions()).toEqual(before);
  });

  test('are undone where it is interrupted between two machines', async () => {
    const before = await definitions();
    const plan = await planOf('assign', PAIR[0], '--type', 'router');
    const signal = { aborted: false };
    const report = await apply(plan, new LiveRunner(), {
      signal,
      onStep(index, state) {
        if (index === 1 && state === 'begun') signal.aborted = true;
      },
    });
    expect(report).toMatchObject({ outcome: 'undone', interrupted: true });
    expect(report.steps.map(({ outcome }) => outcome)).toEqual(['undone', 'undone', 'untouched']);
    expect(await definitions()).toEqual(before);
  });

  test('leave what somebody else changes meanwhile', async () => {
    const plan = await planOf('assign', PAIR[0], '--machine', 'galaxy0');
    await libvirtd().output(['desc', 'galaxy0', '--config', 'edited meanwhile']);
    expect(await apply(plan)).toMatchObject({ outcome: 'done' });
    expect((await definitions(['galaxy0']))[0]).toContain('<description>edited meanwhile</description>');

    const late = await planOf('unassign', PAIR[0]);
    await apply(await planOf('unassign', PAIR[0]));
    const [between] = await definitions(['galaxy0']);
    expect(await apply(late)).toMatchObject({ steps: [{ outcome: 'already' }] });
    const another = await planOf('assign', PAIR[0], '--machine', 'galaxy0');
    await assign('0000:09:01.0', '--machine', 'galaxy0');
    expect(await apply(another)).toMatchObject({
      outcome: 'undone',
      steps: [{ outcome: 'untouched', problem: 'its state changed after the plan was made' }],
    });
    await apply(await planOf('unassign', '0000:09:01.0'));
    expect((await definitions(['galaxy0']))[0]).toBe(between);
  });

  test('leave out a machine whose metadata is broken by hand, and are refused where it is meant', async () => {
    await assign(PAIR[0], '--machine', 'mail', '--policy', 'exclusive');
    const [text = ''] = await definitions(['mail']);
    await define(text.replace(/ policy="exclusive"/, ''));
    const before = await definitions();
    const place =
      /^pci: mail:\d+:\d+: is an assignment with no policy of .*virsh edit mail \[MACHINE_BROKEN\]$/m;

    const dryRun = await run(
      'assign',
      '0000:07:00.0',
      '--type',
      'router',
      '--dry-run',
      '--allow',
      'session,node-open',
    );
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(place) });
    const plan = JSON.parse(
      (
        await run(
          'assign',
          '0000:07:00.0',
          '--type',
          'router',
          '--dry-run',
          '--json',
          '--allow',
          'session,node-open',
        )
      ).stdout,
    ) as { diagnostics: { code: string }[] };
    expect(plan.diagnostics.map(({ code }) => code)).toEqual(['MACHINE_BROKEN']);
    await assign('0000:07:00.0', '--type', 'router');
    expect((await definitions(['mail']))[0]).toBe(before[ALL.indexOf('mail')]);
    const undo = JSON.parse((await run('unassign', '0000:07:00.0', '--dry-run', '--json')).stdout) as Plan;
    expect(await apply(undo)).toMatchObject({ outcome: 'done' });
    expect(await definitions()).toEqual(before);

    const list = await run('assignments', '--check');
    expect(list).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(place) });
    expect(list.stdout).toContain('The assignments of 1 VM cannot be read.\n');
    for (const [args, code] of [
      [['assign', '0000:07:00.0', '--type', 'application'], 'BAD_XML'],
      [['assign', '0000:07:00.0', '--machine', 'mail'], 'BAD_XML'],
      [['unassign', PAIR[0], '--machine', 'mail'], 'BAD_XML'],
      [['assignments', '--machine', 'mail'], 'BAD_XML'],
      [['assign', PAIR[1], '--type', 'router'], 'ASSIGNED_ELSEWHERE'],
    ] as const) {
      const { stderr } = await run(...args);
      expect(stderr).toContain(`[${code}]`);
      expect(stderr).toMatch(/^hint: fix or remove that element: virsh edit mail; /m);
    }
    expect(await definitions()).toEqual(before);
  });

  test('are written as a script that does the same, twice without harm', async () => {
    const before = await definitions();
    const folder = libvirtd().folder;
    for (const [verb, ...words] of [['assign', '--type', 'router'], ['unassign']] as const) {
      const { exitCode, stdout, stderr } = await run(verb, PAIR[0], ...words, '--script', ...allowed(verb));
      expect(exitCode, stderr).toBe(0);
      const file = join(folder, `${verb}.sh`);
      // The devices are those of a captured host.
      writeFileSync(file, stdout.replaceAll(/^same .*$/gm, ''));
      await execa('sh', [file]);
      await execa('sh', [file]);
      if (verb === 'unassign') continue;
      expect(await planOf('assign', PAIR[0], '--type', 'router')).toMatchObject({ steps: [] });
    }
    expect(await definitions()).toEqual(before);
  });

  test('are listed, checked, and put in order where a device moved', async () => {
    await assign(PAIR[0], '--type', 'router');
    const list = await run('assignments', '--json');
    const validate = validatorOf('assignments', { strict: true });
    const document = JSON.parse(list.stdout) as {
      machines: { name: string; assignments: { standing: string }[] }[];
    };
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document.machines.map(({ name }) => name)).toEqual(ROUTERS);
    expect(
      document.machines.flatMap(({ assignments }) => assignments.map(({ standing }) => standing)),
    ).toEqual(Array(6).fill('in-place'));
    expect(await run('assignments', '--check')).toMatchObject({ exitCode: 0 });

    const [text = ''] = await definitions(['galaxy0']);
    const elsewhere = text.replace(
      "bus='0x03' slot='0x00' function='0x0'/>\n      </source>",
      "bus='0x05' slot='0x00' function='0x0'/>\n      </source>",
    );
    expect(elsewhere).not.toBe(text);
    await define(elsewhere);
    const checked = await run('assignments', '--check');
    expect(checked.exitCode).toBe(1);
    expect(checked.stdout).toContain('MOVED to 0000:03:00.0: pci assignments --repair');
    expect(await apply(await planOfRepair())).toMatchObject({ outcome: 'done' });
    expect((await definitions(['galaxy0']))[0]).toBe(text);
  });

  const planOfRepair = async (): Promise<Plan> =>
    JSON.parse((await run('assignments', '--repair', '--dry-run', '--json')).stdout) as Plan;

  test('are refused, with what to do, where they can not be', async () => {
    await assign(PAIR[0], '--machine', 'galaxy0', '--policy', 'exclusive');
    const before = await definitions();
    for (const [args, code, exitCode] of [
      [[PAIR[0], '--machine', 'mail'], 'ASSIGNED_ELSEWHERE', 4],
      [[PAIR[0], '--type', 'router', '--policy', 'exclusive'], 'ASSIGNED_ELSEWHERE', 4],
      [['0000:07:00.0', '--type', 'service'], 'MACHINE_NOT_FOUND', 3],
      [['0000:07:00.0', '--machine', 'nobody'], 'MACHINE_NOT_FOUND', 3],
      [['0000:07:00.0'], 'BAD_ARGUMENT', 2],
      [['class=network', '--type', 'router'], 'AMBIGUOUS_DEVICE', 2],
      [['0000:1f:00.0', '--type', 'router'], 'DEVICE_NOT_FOUND', 3],
      [['0000:00:02.0', '--type', 'router', '--yes'], 'DEVICE_IN_USE', 4],
      [['0000:06:00.0', '--type', 'no such type'], 'BAD_ARGUMENT', 2],
    ] as const) {
      const outcome = await run('assign', ...args);
      expect(outcome, outcome.stderr).toMatchObject({
        exitCode,
        stderr: expect.stringContaining(`[${code}]`),
      });
      expect(outcome.stderr).toMatch(/^hint: /m);
    }
    expect(await definitions()).toEqual(before);
  });
});
