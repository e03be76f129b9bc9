import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { openHost } from '../../lib/host/open-host.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { applyPlan } from '../support/apply-plan.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { fixture, type Outcome, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { taggedDomain } from './tagged-domain.ts';

/** Alone in its group. */
const CARD = '0000:07:00.0';
/** Two functions in one group. */
const PAIR = '0000:03:00.0';
const HOST = fixture('lab-intel');
const portsFor = (count: number): string =>
  [...Array(count).keys()]
    .map((index) => `<controller type='pci' index='${index + 1}' model='pcie-root-port'/>`)
    .join('');

/** What runs, and how; what holds a device is tried in `assigned-machines.test.ts`, on a kernel that gives some. */
describeLibvirtd('machines that run, with a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);

  beforeAll(async () => {
    for (const [name, category, ports] of [
      ['galaxy0', 'router', 2],
      ['galaxy1', 'router', 2],
      ['full', 'mail', 0],
      ['off', 'router', 2],
    ] as const) {
      const stdin = taggedDomain(name, category)
        .replace(/<graphics.*/, '')
        .replace(
          '</devices>',
          `${portsFor(ports)}<controller type='usb' model='none'/><memballoon model='none'/></devices>`,
        );
      await libvirtd().output(['define', '/dev/stdin'], { stdin });
    }
    for (const name of ['galaxy0', 'full']) await libvirtd().output(['start', name, '--paused']);
    await libvirtd().output(['resume', 'galaxy0']);
  });

  const run = (verb: string, ...args: readonly string[]): Promise<Outcome> =>
    pciInside([
      ...[verb, '--host', HOST, '--connect', libvirtd().uri, ...args],
      // Of a captured host it is not known where this session came from.
      ...(verb === 'assign' ? ['--allow', 'session,node-open'] : []),
    ]);

  const planOf = async (verb: string, ...args: readonly string[]): Promise<Plan & { live: unknown }> => {
    const { exitCode, stdout, stderr } = await run(verb, ...args, '--dry-run', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('plan', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    return document as Plan & { live: unknown };
  };

  const documents = async (): Promise<string> =>
    (await libvirtd().output(['dumpxml', '--inactive', 'galaxy0'])) +
    (await libvirtd().output(['dumpxml', 'galaxy0']));

  test('alone get it, and those that do not run are told of', async () => {
    const plan = await planOf('assign', CARD, '--type', 'router', '--live');
    expect(plan.title).toBe(`Attach ${CARD} to galaxy0 (running)`);
    expect(plan.steps.map(({ change }) => change.kind)).toEqual(['attachment']);
    expect(plan.live).toMatchObject({
      machines: [{ name: 'galaxy0', state: 'running', gained: [{ address: CARD }], lost: [] }],
      skipped: [{ name: 'galaxy1' }, { name: 'off', state: 'shut-off' }],
    });
    const both = await planOf('assign', CARD, '--type', 'router', '--live', '--config');
    expect(both.title).toBe(`Assign ${CARD} to 3 VMs, and attach it to galaxy0 (running)`);
    expect(both.steps.map(({ change }) => change.kind)).toEqual([
      ...['assignment', 'assignment', 'assignment', 'attachment'],
    ]);
    const { stdout } = await run('assign', CARD, '--type', 'router', '--live', '--dry-run');
    expect(stdout).toMatch(/^ {2}galaxy0 +now +\+ 0000:07:00\.0 at \d\d:00\.0$/m);
    expect(stdout).toMatch(/^ {2}galaxy1 +now +no change: it is off$/m);
    const pool = await planOf(
      ...(['assign', '0000:01:00.0', '--type', 'router', '--policy', 'vf-pool', '--live'] as const),
    );
    expect(pool.steps.map(({ change }) => change.kind).slice(-2)).toEqual(['vfs', 'attachment']);
    expect(pool.title).toBe('Attach a VF of 0000:01:00.0 to galaxy0');
  });

  test('have all as it was where libvirt refused to attach it', async () => {
    const before = await documents();
    const plan = await planOf('assign', CARD, '--machine', 'galaxy0', '--live', '--config');
    const host = { ...simulateMachine(openHost(HOST)), runner: new LiveRunner(), files: new MemoryFiles() };
    const occasion = { startedAt: '2026-11-22T07:00:00.000Z', bootId: null };
    const report = await applyPlan(plan, host, occasion);
    expect(report.steps.map(({ outcome }) => outcome)).toEqual(['undone', 'undone']);
    expect(report.steps[1]?.problem).toMatch(
      /^libvirt refused to attach it: Failed to attach device from \/dev\/fd\/3: /,
    );
    expect(await documents()).toBe(before);
  });

  test('have in their definitions, by a script, what needs a port that is not there', async () => {
    const before = await libvirtd().output(['dumpxml', '--inactive', 'full']);
    const file = join(libvirtd().folder, 'change.sh');
    const script = async (verb: string, ...args: readonly string[]): Promise<void> => {
      const { stdout } = await run(verb, CARD, '--machine', 'full', '--script', ...args);
      // The devices are those of a captured host.
      writeFileSync(file, stdout.replaceAll(/^same .*$/gm, ''));
      for (let time = 1; time <= 2; time += 1) await execa('sh', [file]);
    };
    await script('assign');
    expect(await libvirtd().output(['dumpxml', '--inactive', 'full'])).toContain('ua-portal-gun-port-1');
    expect(await planOf('assign', CARD, '--machine', 'full')).toMatchObject({ steps: [] });
    await script('unassign');
    expect(await libvirtd().output(['dumpxml', '--inactive', 'full'])).toBe(before);
  });

  test('that have nothing lose nothing', async () => {
    const { exitCode, stdout } = await run('unassign', CARD, '--live', '--yes');
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'No running VM has that device from pci assign.\nNothing to do.\n',
    });
  });

  test('are refused, with what to do, where it can not be', async () => {
    for (const [args, code, exitCode, what] of [
      [
        [CARD, '--machine', 'full'],
        'NO_GUEST_SLOT',
        6,
        'pci: full: runs with no PCIe port free for a hot-plug',
      ],
      [[CARD, '--machine', 'off'], 'NOT_RUNNING', 4, 'pci: off: the VM is not running'],
      [[PAIR, '--machine', 'galaxy0'], 'CANNOT_BE_GIVEN', 4, 'is in an IOMMU group of 2 devices'],
      [['--by-rules'], 'BAD_ARGUMENT', 2, 'rules apply only to definitions'],
      [[CARD], 'BAD_ARGUMENT', 2, 'no VMs given'],
    ] as const) {
      const outcome = await run('assign', ...args, '--live', '--dry-run');
      expect(outcome, outcome.stderr).toMatchObject({
        exitCode,
        stderr: expect.stringContaining(`[${code}]`),
      });
      expect(outcome.stderr).toContain(what);
      expect(outcome.stderr).toMatch(/^hint: /m);
    }
    const full = await run('assign', CARD, '--machine', 'full', '--live', '--dry-run');
    const [stdin = ''] = /<controller.*>/.exec(full.stderr) ?? [];
    await libvirtd().output(['attach-device', 'full', '/dev/stdin', '--config'], { stdin });
    await libvirtd().output(['destroy', 'full']);
    await libvirtd().output(['start', 'full', '--paused']);
    expect(await run('assign', CARD, '--machine', 'full', '--live', '--dry-run')).toMatchObject({
      exitCode: 0,
    });
    await libvirtd().output(['start', 'galaxy1', '--paused']);
    const two = await run('assign', CARD, '--type', 'router', '--live', '--dry-run');
    expect(two).toMatchObject({ exitCode: 4 });
    expect(two.stderr).toContain('cannot be attached to galaxy0, galaxy1, which run');
    await libvirtd().output(['destroy', 'galaxy1']);
  });
});
