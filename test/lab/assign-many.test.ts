import { beforeAll, expect, test, vi } from 'vitest';
import { readJournals } from '../../lib/apply/journal/journal.ts';
import { recover } from '../../lib/apply/recover.ts';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { openHost } from '../../lib/host/open-host.ts';
import { Virsh } from '../../lib/libvirt/virsh.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { applyPlan } from '../support/apply-plan.ts';
import { Killed } from '../support/faults.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { fixture, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { type Asked, askedRunner, definesMachine } from './asked-runner.ts';
import { type CountedVirsh, countedVirsh } from './counted-virsh.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { taggedDomain } from './tagged-domain.ts';

const HOST = fixture('lab-intel');
const CARD = '0000:03:00.0';
const NAMES = Array.from({ length: 100 }, (_, index) => `router${index}`);
const MIDDLE = 50;
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };

describeLibvirtd('an assignment to 100 VMs of a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  let virsh: CountedVirsh;
  beforeAll(() => {
    virsh = countedVirsh(libvirtd());
  });
  useProgramsIn(() => virsh.bin);

  let before: readonly string[];
  let plan: Plan;
  beforeAll(async () => {
    for (const name of NAMES) {
      await libvirtd().output(['define', '/dev/stdin'], { stdin: taggedDomain(name, 'router') });
    }
    plan = await planOf('assign', CARD, '--type', 'router', '--allow', 'session,node-open');
    expect(plan.steps).toHaveLength(NAMES.length);
    before = await definitions();
  });

  const planOf = async (verb: string, ...args: readonly string[]): Promise<Plan> => {
    const where = ['--host', HOST, '--connect', libvirtd().uri];
    const { stdout } = await pciInside([verb, ...where, ...args, '--dry-run', '--json']);
    return JSON.parse(stdout) as Plan;
  };

  const definitions = async (): Promise<readonly string[]> => {
    const dumps = NAMES.map((name) => ['dumpxml', '--inactive', '--security-info', name]);
    const answers = await new Virsh(new LiveRunner(), libvirtd().uri).runAll(dumps);
    return answers.map(({ output, error }) => error ?? output);
  };

  const changed = async (): Promise<number> =>
    (await definitions()).filter((text, index) => text !== before[index]).length;

  /** The devices are simulated, and the VMs are real. */
  const changeableHost = (answer: (asked: Asked) => ReturnType<Asked['pass']> = (asked) => asked.pass()) => ({
    ...simulateMachine(openHost(HOST)),
    runner: askedRunner(new LiveRunner(), answer),
    files: new MemoryFiles(),
  });

  /** Meets with a fault at the definition of the VM in the middle. */
  const inTheMiddle = (fault: (asked: Asked) => ReturnType<Asked['pass']>) => {
    let defined = 0;
    return changeableHost((asked) => {
      if (!definesMachine(asked)) return asked.pass();
      defined += 1;
      return defined === MIDDLE ? fault(asked) : asked.pass();
    });
  };

  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  const expectEnded = (): Promise<void> =>
    vi.waitFor(() => expect(isRunning(virsh.lastPid())).toBe(false), { timeout: 5000 });

  test('takes one virsh, which ends with the plan, and so does its undoing', async () => {
    virsh.started();
    expect(await applyPlan(plan, changeableHost(), OCCASION)).toMatchObject({ outcome: 'done' });
    expect(virsh.started()).toBe(1);
    await expectEnded();
    expect(await changed()).toBe(NAMES.length);
    const back = await planOf('unassign', CARD);
    virsh.started();
    expect(await applyPlan(back, changeableHost(), OCCASION)).toMatchObject({ outcome: 'done' });
    expect(virsh.started()).toBe(1);
    expect(await definitions()).toEqual(before);
  });

  test.each([
    [
      'a definition is refused',
      (asked: Asked) => asked.pass({ input: '<domain/>' }),
      1,
      /refused its definition/,
    ],
    [
      'virsh is killed before it defines',
      (asked: Asked) => {
        process.kill(virsh.lastPid(), 'SIGKILL');
        return asked.pass();
      },
      2,
      /^virsh: was ended by SIGKILL, asked at qemu:/,
    ],
    [
      'virsh is killed after it defined',
      async (asked: Asked) => {
        await asked.pass();
        process.kill(virsh.lastPid(), 'SIGKILL');
        return { kind: 'failed', detail: 'was ended by SIGKILL' } as const;
      },
      2,
      /^virsh: was ended by SIGKILL, asked at qemu:/,
    ],
  ] as const)('is undone as a whole if %s in the middle', async (_, fault, processes, problem) => {
    virsh.started();
    const report = await applyPlan(plan, inTheMiddle(fault), OCCASION);
    expect(report.outcome).toBe('undone');
    expect(report.steps[MIDDLE - 1]?.problem).toMatch(problem);
    expect(report.steps.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(MIDDLE).fill('undone'),
      ...Array<string>(NAMES.length - MIDDLE).fill('untouched'),
    ]);
    expect(virsh.started()).toBe(processes);
    await expectEnded();
    expect(await definitions()).toEqual(before);
  });

  test.each(['undo', 'finish'] as const)(
    'is ended by recovery if pci is killed in the middle: %s',
    async (recovery) => {
      const host = inTheMiddle(async (asked) => {
        await asked.pass();
        throw new Killed();
      });
      await expect(applyPlan(plan, host, OCCASION)).rejects.toThrow(Killed);
      await expectEnded();
      expect(await changed()).toBe(MIDDLE);
      const [left] = await readJournals(host.files);
      if (left === undefined) throw new Error('there is a journal');
      virsh.started();
      const report = await recover(left, { ...host, runner: new LiveRunner() }, OCCASION.bootId, recovery);
      expect(report.outcome).toBe(recovery === 'undo' ? 'undone' : 'done');
      expect(virsh.started()).toBe(1);
      expect(await changed()).toBe(recovery === 'undo' ? 0 : NAMES.length);
      if (recovery === 'undo') expect(await definitions()).toEqual(before);
    },
  );
});
