import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJournals } from '../../lib/apply/journal/journal.ts';
import { type Recovery, recover } from '../../lib/apply/recover.ts';
import type { Fix } from '../../lib/checks/validation/fix.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../lib/host/snapshot/snapshot-parser.ts';
import { planTagging } from '../../lib/libvirt/machine/tag-machines.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { planTaggings } from '../../lib/plan/assignment/plan-tagging.ts';
import { CHANGE_KINDS } from '../../lib/plan/change-kinds.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import type { VfGoal, VfWishes } from '../../lib/plan/sriov/vf-goal.ts';
import { applyPlan } from '../support/apply-plan.ts';
import { persistentPlanFor, planFor } from '../support/binding-plans.ts';
import { FAULTS, type Fault, FaultyHost, Killed } from '../support/faults.ts';
import { fixPlanFor } from '../support/fix-plans.ts';
import { livePlan } from '../support/live-plans.ts';
import { destroyPlan, guestPlan, upPlan } from '../support/machine-plans.ts';
import { persistentVfsPlan } from '../support/persisted-vf-plans.ts';
import { type SimulatedMachine, simulateMachine, stateOf } from '../support/simulated-changes.ts';
import { NETWORK_PF, NVME_PF, proposeVfs } from '../support/vf-plans.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const BOOT = 'a-boot';
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: BOOT };

/** Only who was killed leaves it to another how to go on. */
const RECOVERIES: Readonly<Record<Fault, readonly Recovery[]>> = {
  fails: ['undo'],
  blocks: ['undo'],
  'blocks-late': ['undo'],
  kills: ['undo', 'finish'],
  'kills-after': ['undo', 'finish'],
};

/** What is asked of a host, and what was done to it before. */
interface Case {
  readonly name: string;
  readonly fixture: string;
  readonly before?: (machine: SimulatedMachine) => Promise<void>;
  readonly plan: (machine: SimulatedMachine) => Promise<Plan>;
}

const snapshots = new Map<string, SnapshotHost>();

function captured(fixture: string): SnapshotHost {
  const known = snapshots.get(fixture);
  if (known !== undefined) return known;
  const text = readFileSync(join(FIXTURES, `${fixture}.snapshot`), 'utf8');
  const host = new SnapshotHost(parseSnapshot(text, fixture));
  snapshots.set(fixture, host);
  return host;
}

const ARGUMENT: Fix = { kind: 'kernel-argument', argument: 'intel_iommu=on' };
const LOADED: Fix = { kind: 'load-module', module: 'vhost_net' };

const VLAN: VfWishes = { vlan: { id: 100, qos: 3, protocol: '802.1Q' } };

async function withVfs(machine: SimulatedMachine, pf: PciAddress, goal: Partial<VfGoal>): Promise<void> {
  const report = await applyPlan((await proposeVfs(machine, pf, goal)).plan, machine, OCCASION);
  expect(report.outcome).toBe('done');
}

/** Four VFs in a VLAN, the second of them with trust and on vfio-pci. */
async function fourVfs(machine: SimulatedMachine): Promise<void> {
  await withVfs(machine, NETWORK_PF, { count: 4, all: VLAN, each: new Map([[1, { trust: true }]]) });
  await bound(machine, '01:10.2');
}

async function bound(machine: SimulatedMachine, ...selectors: readonly string[]): Promise<void> {
  await applyPlan(await planFor(machine, 'bind', ...selectors), machine, OCCASION);
}

const CASES: readonly Case[] = [
  {
    name: 'a machine is created and started',
    fixture: 'lab-intel',
    plan: async () => upPlan(),
  },
  {
    name: 'a machine is stopped and removed',
    fixture: 'lab-intel',
    before: async (machine) => {
      const report = await applyPlan(upPlan(), machine, OCCASION);
      expect(report.outcome).toBe('done');
    },
    plan: async () => destroyPlan(),
  },
  {
    name: 'a guest is provisioned',
    fixture: 'lab-intel',
    before: async ({ guests }) => {
      const guest = await guests.open('r0');
      guest.write('/etc/motd', 'before\n');
    },
    plan: async () => guestPlan(),
  },
  {
    name: 'a group of two functions is bound',
    fixture: 'lab-intel',
    plan: (machine) => planFor(machine, 'bind', '03:00'),
  },
  {
    name: 'two groups, one behind a bridge and one without a driver',
    fixture: 'lab-intel',
    plan: (machine) => planFor(machine, 'bind', '09:01.0', '07:00.0'),
  },
  {
    name: 'a group of two functions is given back',
    fixture: 'lab-intel',
    before: (machine) => bound(machine, '03:00'),
    plan: (machine) => planFor(machine, 'unbind', 'driver=vfio-pci'),
  },
  {
    name: 'what another bound is given back',
    fixture: 'lab-intel-vfio',
    plan: (machine) => planFor(machine, 'unbind', 'driver=vfio-pci'),
  },
  {
    name: 'a device is bound over reboots',
    fixture: 'lab-intel',
    plan: (machine) => persistentPlanFor(machine, 'bind', '07:00.0'),
  },
  {
    name: 'what is bound is bound over reboots as well, beside what is already',
    fixture: 'lab-intel',
    before: async (machine) => {
      await applyPlan(await persistentPlanFor(machine, 'bind', '07:00.0'), machine, OCCASION);
      await bound(machine, '03:00');
    },
    plan: (machine) => persistentPlanFor(machine, 'bind', '03:00'),
  },
  {
    name: 'the last device that is bound over reboots is given back for good',
    fixture: 'lab-intel',
    before: async (machine) => {
      await applyPlan(await persistentPlanFor(machine, 'bind', '07:00.0'), machine, OCCASION);
    },
    plan: (machine) => persistentPlanFor(machine, 'unbind', '07:00.0'),
  },
  {
    name: 'a module is loaded, and the kernel is given an argument from the next boot on',
    fixture: 'lab-intel',
    before: async ({ runner }) => {
      await runner.run('update-grub', []);
    },
    plan: async (machine) => fixPlanFor(machine, LOADED, ARGUMENT),
  },
  {
    name: 'one more argument is given, beside what was mended before',
    fixture: 'lab-intel',
    before: async (machine) => {
      await applyPlan(fixPlanFor(machine, ARGUMENT), machine, OCCASION);
    },
    plan: async (machine) => fixPlanFor(machine, { kind: 'kernel-argument', argument: 'intremap=on' }),
  },
  {
    name: 'VFs are made and set',
    fixture: 'lab-intel',
    plan: async (machine) => (await proposeVfs(machine, NETWORK_PF, { count: 2, all: VLAN })).plan,
  },
  {
    name: 'VFs are made and kept over reboots, beside a device that is',
    fixture: 'lab-intel',
    before: async (machine) => {
      await applyPlan(await persistentPlanFor(machine, 'bind', '07:00.0'), machine, OCCASION);
    },
    plan: (machine) => persistentVfsPlan(machine, NETWORK_PF, { count: 2, all: VLAN }),
  },
  {
    name: 'VFs that were kept over reboots go for good',
    fixture: 'lab-intel',
    before: async (machine) => {
      await applyPlan(await persistentVfsPlan(machine, NETWORK_PF, { count: 1 }), machine, OCCASION);
    },
    plan: (machine) => persistentVfsPlan(machine, NETWORK_PF, { count: 0 }),
  },
  {
    name: 'of four VFs two stay, one of them on vfio-pci',
    fixture: 'lab-intel',
    before: fourVfs,
    plan: async (machine) => (await proposeVfs(machine, NETWORK_PF, { count: 2 })).plan,
  },
  {
    name: 'all of four VFs go, and with them what they were set to',
    fixture: 'lab-intel',
    before: fourVfs,
    plan: async (machine) => (await proposeVfs(machine, NETWORK_PF, { count: 0, autoprobe: false })).plan,
  },
  {
    name: 'a policy makes VFs and gives devices to VMs',
    fixture: 'lab-intel',
    plan: async (machine) => {
      const vfs = (await proposeVfs(machine, NETWORK_PF, { count: 1 })).plan;
      const binding = await planFor(machine, 'bind', '07:00.0');
      return { ...vfs, guards: [...vfs.guards, ...binding.guards], steps: [...vfs.steps, ...binding.steps] };
    },
  },
  {
    name: 'VFs stay and are set otherwise',
    fixture: 'lab-intel',
    before: fourVfs,
    plan: async (machine) => {
      const each = new Map([[3, { mac: '02:00:00:00:00:03', trust: true }]]);
      return (await proposeVfs(machine, NETWORK_PF, { all: { spoofCheck: false }, each })).plan;
    },
  },
  {
    name: 'a card that is no network card gets VFs without drivers',
    fixture: 'lab-intel',
    plan: async (machine) => (await proposeVfs(machine, NVME_PF, { count: 3, autoprobe: false })).plan,
  },
  {
    name: 'a machine is given a device in its definition, and as it runs',
    fixture: 'lab-intel',
    before: async ({ libvirt }) => {
      libvirt.start();
    },
    plan: async (machine) => livePlan(machine, 'plug'),
  },
  {
    name: 'a device is taken out of a definition, and out of what runs',
    fixture: 'lab-intel',
    before: async (machine) => {
      machine.libvirt.start();
      await applyPlan(livePlan(machine, 'plug'), machine, OCCASION);
    },
    plan: async (machine) => livePlan(machine, 'unplug'),
  },
  {
    name: 'a machine that runs gets a category',
    fixture: 'lab-intel',
    before: async ({ libvirt }) => {
      libvirt.start();
    },
    plan: async ({ libvirt }) =>
      planTaggings('qemu:///system', [planTagging(libvirt.machine(), 'router')], 'router'),
  },
];

async function prepare({ fixture, before }: Case): Promise<SimulatedMachine> {
  const machine = simulateMachine(captured(fixture));
  await before?.(machine);
  return machine;
}

/** Applies a plan to a machine that meets with faults, and recovers until nothing is left to recover. */
async function applyWith(
  machine: SimulatedMachine,
  plan: Plan,
  faults: ReadonlyMap<number, Fault>,
  recovery: Recovery,
) {
  const faulty = new FaultyHost(machine, faults);
  let rounds = 0;
  const attempt = async (make: () => Promise<unknown>): Promise<void> => {
    try {
      await make();
    } catch (error) {
      if (!(error instanceof Killed) && !/JOURNAL_FAILED/.test((error as { code?: string }).code ?? ''))
        throw error;
    }
  };
  await attempt(() => applyPlan(plan, faulty.host, OCCASION));
  for (;;) {
    const [left] = await readJournals(machine.files);
    if (left === undefined) break;
    rounds += 1;
    if (rounds > 4) throw new Error('recovery comes to no end');
    await attempt(() => recover(left, faulty.host, BOOT, recovery));
  }
  return { after: stateOf(machine), calls: faulty.calls };
}

describe('a plan that meets with a fault', () => {
  let cases = 0;
  const kinds = new Set<string>();

  it.each(CASES.map((each) => [each.name, each] as const))(
    'leaves the host as it was or as asked: %s',
    async (_, each) => {
      let machine = await prepare(each);
      const before = stateOf(machine);
      const plan = await each.plan(machine);
      for (const { change } of plan.steps) kinds.add(change.kind);
      expect(stateOf(machine)).toBe(before);
      const whole = await applyWith(machine, plan, new Map(), 'undo');
      let state = whole.after;
      expect(state).not.toEqual(before);
      for (let at = 0; at < whole.calls; at += 1) {
        for (const fault of FAULTS) {
          for (const recovery of RECOVERIES[fault]) {
            // A host that was put back is as good as one that nothing ever happened to: it goes on with that one.
            if (state !== before) machine = await prepare(each);
            // Only a restart undoes this on a real one, and it harms nothing.
            machine.libvirt.callsHooks = false;
            const { after, calls } = await applyWith(machine, plan, new Map([[at, fault]]), recovery);
            state = after;
            cases += 1;
            const told = `${fault} at ${at}, then ${recovery}`;
            expect(calls, told).toBeGreaterThan(at);
            expect(after === before || after === whole.after ? 'one of both' : after, told).toBe(
              'one of both',
            );
          }
        }
      }
      expect(whole.calls).toBeGreaterThan(4);
      process.stdout.write(`${cases} cases so far, ${whole.calls} changes in this plan\n`);
    },
  );

  it('has been tried with changes of every kind', () => {
    expect([...kinds].sort()).toEqual(Object.keys(CHANGE_KINDS).sort());
  });
});
