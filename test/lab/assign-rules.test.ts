import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readJournals } from '../../lib/apply/journal/journal.ts';
import { recover } from '../../lib/apply/recover.ts';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { openHost } from '../../lib/host/open-host.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { applyPlan } from '../support/apply-plan.ts';
import { Killed } from '../support/faults.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { fixture, type Outcome, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { askedRunner, definesMachine } from './asked-runner.ts';
import { type CountedVirsh, countedVirsh } from './counted-virsh.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { taggedDomain } from './tagged-domain.ts';

const HOST = fixture('lab-intel');
const MACHINES = { desk: 'controller', galaxy0: 'router', galaxy1: 'router', mail: null } as const;
const NETWORK = ['01:00.0', '03:00.0', '03:00.1', '06:00.0', '09:01.0', '09:02.0'];

const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };

/** The devices are simulated, and the machines are real. */
const changeableHost = () => ({
  ...simulateMachine(openHost(HOST)),
  runner: new LiveRunner(),
  files: new MemoryFiles(),
});

type RulesPlan = Plan & {
  readonly left: readonly { readonly address: string; readonly code: string; readonly reason: string }[];
};

describeLibvirtd('devices that are shared out by rules, with a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  let virsh: CountedVirsh;
  beforeAll(() => {
    virsh = countedVirsh(libvirtd());
  });
  useProgramsIn(() => virsh.bin);

  beforeAll(async () => {
    for (const [name, category] of Object.entries(MACHINES)) {
      await libvirtd().output(['define', '/dev/stdin'], { stdin: taggedDomain(name, category) });
    }
  });

  const run = (...args: readonly string[]): Promise<Outcome> =>
    pciInside(['assign', '--host', HOST, '--connect', libvirtd().uri, ...args, '--dry-run']);

  const planOf = async (...args: readonly string[]): Promise<RulesPlan> => {
    // Of a captured host some is not known that a running one tells.
    const unknown = ['--allow', 'session,block-open,sound-in-use,node-open'];
    const { exitCode, stdout, stderr } = await run(...args, ...unknown, '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('plan', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    return document as RulesPlan;
  };

  const definitionOf = (name: string): Promise<string> => libvirtd().output(['dumpxml', '--inactive', name]);

  const addressesIn = async (name: string): Promise<readonly string[]> => {
    const text = await definitionOf(name);
    return [...text.matchAll(/ua-portal-gun-0000-(..)-(..)-(.)'/g)].map(([, b, s, f]) => `${b}:${s}.${f}`);
  };

  test.each([false, true])(
    'leave no trace where it is killed in the middle, a definition being written: %s',
    async (writes) => {
      const documents = () => Promise.all(Object.keys(MACHINES).map(definitionOf));
      const before = await documents();
      const plan = await planOf('--by-rules');
      const host = changeableHost();
      let defined = 0;
      const mortal = askedRunner(host.runner, async (asked) => {
        if (definesMachine(asked)) defined += 1;
        if (defined === 2 && !writes) throw new Killed();
        const answer = await asked.pass();
        if (defined === 2) throw new Killed();
        return answer;
      });
      await expect(applyPlan(plan, { ...host, runner: mortal }, OCCASION)).rejects.toThrow(Killed);
      expect((await documents()).filter((each, index) => each !== before[index])).toHaveLength(
        writes ? 2 : 1,
      );
      const [left] = await readJournals(host.files);
      if (left === undefined) throw new Error('there is a journal');
      expect(await recover(left, host, OCCASION.bootId, 'undo')).toMatchObject({ outcome: 'undone' });
      expect(await documents()).toEqual(before);
    },
  );

  test('go to every machine of their type in one plan, and what the host needs stays', async () => {
    virsh.started();
    const plan = await planOf('--by-rules');
    expect(virsh.started()).toBe(2);
    const codes = plan.left.map(({ address, code }) => `${address.slice(5)} ${code}`);
    expect(codes.filter((line) => !line.endsWith(' bridge'))).toEqual([
      '00:02.0 in-use',
      '00:03.0 rule',
      '00:0a.0 in-use',
      // Folders of the computer that runs the lab.
      '00:0b.0 in-use',
      '00:0c.0 in-use',
      '00:1f.2 group',
      '00:1f.3 group',
      '0a:00.0 group',
      '0b:00.0 in-use',
    ]);
    const report = await applyPlan(plan, changeableHost(), OCCASION);
    expect(report).toMatchObject({ outcome: 'done' });
    expect(plan.steps).toHaveLength(3);
    // One for the plan, however many machines it changes.
    expect(virsh.started()).toBe(1);
    for (const name of ['galaxy0', 'galaxy1'])
      expect(new Set(await addressesIn(name))).toEqual(new Set(NETWORK));
    expect(new Set(await addressesIn('desk'))).toEqual(new Set(['02:00.0', '07:00.0']));
    expect(await addressesIn('mail')).toEqual([]);
    expect(await planOf('--by-rules')).toMatchObject({ steps: [] });
  });

  test('go by rules of a file, and not where no machine is of the type', async () => {
    const file = join(libvirtd().folder, 'rules.yaml');
    const { stdout } = await run('--print-rules');
    writeFileSync(file, stdout.replace('to: router', 'to: service'));
    const { stdout: text } = await run('--rules', file);
    expect(text).toContain('no VM is of type service');
    expect(text).toContain('To tag a VM: portal tag NAME --type service');
  });

  test('are refused where the rules are none, or something is named besides', async () => {
    const file = join(libvirtd().folder, 'wrong.yaml');
    writeFileSync(file, 'portal-gun: assignment-rules/v1\nrules:\n  - {devices: class=nett, to: router}\n');
    for (const [args, code, subject, exit] of [
      [['--rules', file], 'BAD_RULES', `${file}:3:15`],
      [['--rules', '/nowhere.yaml'], 'NOT_FOUND', '/nowhere.yaml', 3],
      [['--by-rules', '01:00.0'], 'BAD_ARGUMENT', '01:00.0'],
      [['--by-rules', '--type', 'router'], 'BAD_ARGUMENT', '--type'],
      [['--type', 'router'], 'BAD_ARGUMENT', 'assign'],
    ] as const) {
      const { exitCode, stderr } = await run(...args);
      expect(exitCode, stderr).toBe(exit ?? 2);
      expect(stderr).toContain(`[${code}]`);
      expect(stderr).toContain(subject);
      expect(stderr).toMatch(/^hint: /m);
    }
  });
});
