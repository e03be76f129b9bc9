import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import type { ApplyReport } from '../../lib/apply/apply-report.ts';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { openHost } from '../../lib/host/open-host.ts';
import type { Runner } from '../../lib/host/runner.ts';
import { formatSnapshot } from '../../lib/host/snapshot/snapshot-text.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { stableMac } from '../../lib/pci/sriov/stable-mac.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { captureHost } from '../../lib/sysfs/capture.ts';
import { readCapturedLink } from '../../lib/sysfs/device/pf-link.ts';
import { applyPlan } from '../support/apply-plan.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { fixture, type Outcome, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { type SimulatedMachine, simulateMachine, stateOf } from '../support/simulated-changes.ts';
import { askedRunner, definesMachine } from './asked-runner.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { taggedDomain } from './tagged-domain.ts';

const PF = '0000:01:00.0' as PciAddress;
const HOST = fixture('lab-intel');
const ROUTERS = ['galaxy0', 'star router', 'universe0'] as const;
const ALL = [...ROUTERS, 'mail', 'router-to-be'];

describeLibvirtd('a pool of virtual functions, with a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);
  let machine: SimulatedMachine;

  beforeEach(async () => {
    machine = simulateMachine(openHost(HOST));
    const known = (await libvirtd().output(['list', '--all', '--uuid'])).trim().split('\n');
    for (const uuid of known.filter((each) => each !== '')) await libvirtd().output(['undefine', uuid]);
    for (const name of ALL) {
      const category = name === 'mail' ? 'application' : name === 'router-to-be' ? null : 'router';
      await libvirtd().output(['define', '/dev/stdin'], { stdin: taggedDomain(name, category) });
    }
  });

  const definitions = async (names: readonly string[] = ALL): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const name of names) found.push(await libvirtd().output(['dumpxml', '--inactive', name]));
    return found;
  };

  /** Runs `pci` with the simulated machine as it is, captured. */
  const run = async (...args: readonly string[]): Promise<Outcome> => {
    const file = join(libvirtd().folder, 'host.snapshot');
    writeFileSync(file, formatSnapshot(captureHost(machine.kernel)));
    return pciInside([args[0] ?? '', '--host', file, '--connect', libvirtd().uri, ...args.slice(1)]);
  };

  const planOf = async (...args: readonly string[]): Promise<Plan> => {
    const allowed = args[0] === 'assign' ? ['--allow', 'session,node-open'] : [];
    const outcome = await run(...args, ...allowed, '--dry-run', '--json');
    expect(outcome, outcome.stderr).toMatchObject({ exitCode: 0 });
    const document: unknown = JSON.parse(outcome.stdout);
    const validate = validatorOf('plan', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    return document as Plan;
  };

  const pool = (...args: readonly string[]): Promise<Plan> =>
    planOf('assign', PF, '--policy', 'vf-pool', ...args);

  /** Applies a plan: PCI is simulated, and libvirt is real. */
  const apply = (plan: Plan, virsh: Runner = new LiveRunner()): Promise<ApplyReport> => {
    const runner: Runner = {
      run: (program, args, options) =>
        (program === 'virsh' ? virsh : machine.runner).run(program, args, options),
      open: virsh.open?.bind(virsh),
    };
    const occasion = { startedAt: '2026-11-22T07:00:00.000Z', bootId: null };
    return applyPlan(plan, { ...machine, runner, files: new MemoryFiles() }, occasion);
  };

  const kindsOf = ({ steps }: Plan): readonly string[] => steps.map(({ change }) => change.kind);

  test('is made, and each machine has one of it, once; and goes without a trace', async () => {
    const before = await definitions();
    const card = readCapturedLink(machine.kernel, PF)?.mac ?? '';
    const plan = await pool('--type', 'router', '--vlan', '25');
    expect(kindsOf(plan)).toEqual(['link', 'vfs', 'assignment', 'assignment', 'assignment']);
    expect(await apply(plan)).toMatchObject({ outcome: 'done' });
    const after = await definitions();
    expect(after.slice(ROUTERS.length)).toEqual(before.slice(ROUTERS.length));
    for (const [index, text] of after.slice(0, ROUTERS.length).entries()) {
      expect(text).toContain(`<mac address='${stableMac(card, index)}'/>`);
      expect(text).toContain("<tag id='25'/>");
      expect(text.match(/<interface type='hostdev'/g)).toHaveLength(1);
    }
    expect(await planFor(['--type', 'router'])).toEqual([]);

    const list = await run('assignments', '--json');
    expect(list.stdout.match(/"standing":"in-place"/g)).toHaveLength(3);

    expect(await planFor(['--machine', 'mail'])).toEqual(['vfs', 'assignment']);
    const unassign = await planOf('unassign', PF);
    expect(await apply(unassign)).toMatchObject({ outcome: 'done' });
    expect(await definitions()).toEqual(before);

    const alone = await planOf('assign', '0000:01:10.2', '--machine', 'mail', '--policy', 'exclusive');
    expect(await apply(alone)).toMatchObject({ outcome: 'done' });
    expect((await definitions(['mail']))[0]).toContain(`<mac address='${stableMac(card, 1)}'/>`);
    const [first, second] = (await pool('--machine', 'galaxy0', '--machine', 'universe0')).steps
      .filter(({ change }) => change.kind === 'assignment')
      .map(({ words }) => words);
    expect([first, second]).toEqual(['galaxy0: add 0000:01:10.0', 'universe0: add 0000:01:10.4']);
  });

  /** The kinds of the steps, but for that of the link: a captured host does not tell of what `ip` changed. */
  const planFor = async (args: readonly string[]): Promise<readonly string[]> =>
    kindsOf(await pool(...args)).filter((kind) => kind !== 'link');

  /**
   * A folder in place of /sys/bus/pci, with a PF that makes as many VFs as are asked for and is what a
   * script looks for (its address, ids, subsystem and group); and what `ip` was told.
   */
  const writeBus = (folder: string, guard: readonly string[]): void => {
    const devices = join(folder, 'devices');
    const pf = join(devices, PF);
    mkdirSync(join(pf, 'net/enp1s0'), { recursive: true });
    const [, ids, subsystem, group] = guard;
    const [vendor, device] = ids?.split(':') ?? [];
    const [subsystemVendor, subsystemDevice] = subsystem?.split(':') ?? [];
    for (const [name, text] of [
      ...[['vendor', `0x${vendor}`] as const, ['device', `0x${device}`] as const],
      ['subsystem_vendor', `0x${subsystemVendor}`] as const,
      ['subsystem_device', `0x${subsystemDevice}`] as const,
      ...[['sriov_numvfs', '0'] as const, ['sriov_drivers_autoprobe', '1'] as const],
    ]) {
      writeFileSync(join(pf, name), `${text}\n`);
    }
    symlinkSync(`../groups/${group}`, join(pf, 'iommu_group'));
    for (const index of ROUTERS.keys()) {
      mkdirSync(join(devices, `0000:01:10.${2 * index}`));
      symlinkSync(`../0000:01:10.${2 * index}`, join(pf, `virtfn${index}`));
    }
    writeFileSync(join(folder, 'ip'), `#!/bin/sh\necho "$*" >> ${join(folder, 'told')}\n`, { mode: 0o755 });
  };

  test('is written as a script that does the same, twice without harm', async () => {
    const asked = ['assign', PF, '--policy', 'vf-pool', '--type', 'router', '--vlan', '25'];
    const { stdout } = await run(...asked, '--script', '--allow', 'session,node-open');
    const folder = mkdtempSync(join(libvirtd().folder, 'bus-'));
    const [, guard = ''] = /^same (.*)$/m.exec(stdout) ?? [];
    writeBus(folder, guard.split(' '));
    const file = join(folder, 'pool.sh');
    writeFileSync(file, stdout.replaceAll('/sys/bus/pci', folder));
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    const told: string[] = [];
    for (const shell of ['sh', 'bash']) {
      await execa(shell, [file], { env });
      told.push(readFileSync(join(folder, 'told'), 'utf8'));
      rmSync(join(folder, 'told'));
    }
    expect(readFileSync(join(folder, 'devices', PF, 'sriov_numvfs'), 'utf8')).toBe('3\n');
    expect(told[0]?.match(/^link set dev enp1s0 vf \d mac /gm)).toHaveLength(3);
    expect(told[1]).toBe(told[0]);

    const written = await definitions();
    await apply(await pool('--type', 'router', '--vlan', '25'));
    expect(await definitions()).toEqual(written);
    expect(written.join('').match(/<interface type='hostdev'/g)).toHaveLength(3);
  });

  test('follows its PF into another slot, where VFs are repaired by the identity of the PF', async () => {
    expect(await apply(await pool('--type', 'router', '--vlan', '25'))).toMatchObject({ outcome: 'done' });
    const before = await definitions();
    expect(await run('assignments', '--check')).toMatchObject({ exitCode: 0 });

    const moved = join(libvirtd().folder, 'moved.snapshot');
    const text = formatSnapshot(captureHost(machine.kernel));
    writeFileSync(moved, text.replaceAll('0000:01:', '0000:41:').replaceAll('0000:00:04.0', '0000:00:1c.0'));
    machine = simulateMachine(openHost(moved));
    const checked = await run('assignments', '--check');
    expect(checked).toMatchObject({ exitCode: 1 });
    expect(checked.stdout).toContain('MOVED to 0000:41:10.0: pci assignments --repair');

    const repair = await planOf('assignments', '--repair');
    expect(kindsOf(repair)).toEqual(Array(ROUTERS.length).fill('assignment'));
    expect(await apply(repair)).toMatchObject({ outcome: 'done' });
    const [place, newPlace] = ["bus='0x01' slot='0x10'", "bus='0x41' slot='0x10'"];
    const hostDevices = (texts: readonly string[]) =>
      texts.map((each) => each.match(/<interface type='hostdev'.*?<\/interface>/s)?.[0]);
    const after = await definitions();
    expect(hostDevices(after)).toEqual(hostDevices(before).map((each) => each?.replace(place, newPlace)));
    expect(after.join('')).not.toContain(place);
    expect(await run('assignments', '--check')).toMatchObject({ exitCode: 0 });
  });

  test('is taken back where a machine does not take its VF', async () => {
    const [before, state] = [await definitions(), stateOf(machine)];
    let defined = 0;
    const runner = askedRunner(new LiveRunner(), (asked) => {
      if (!definesMachine(asked)) return asked.pass();
      defined += 1;
      return asked.pass(defined === 3 ? { ...asked.options, input: '<domain/>' } : asked.options);
    });
    const report = await apply(await pool('--type', 'router'), runner);
    expect(report.outcome).toBe('undone');
    expect(report.steps[4]?.problem).toContain('libvirt refused its definition');
    expect(await definitions()).toEqual(before);
    expect(stateOf(machine)).toBe(state);
  });
});
