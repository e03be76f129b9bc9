import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkGuard } from '../../../lib/apply/check-guard.ts';
import { readJournals } from '../../../lib/apply/journal/journal.ts';
import { recover } from '../../../lib/apply/recover.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { Plan } from '../../../lib/plan/plan.ts';
import { EARLIER_DRIVERS_PATH } from '../../../lib/sysfs/paths.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { planFor } from '../../support/binding-plans.ts';
import { FaultyHost, Killed } from '../../support/faults.ts';
import { type SimulatedMachine, simulateMachine, stateOf } from '../../support/simulated-changes.ts';

const NAME = 'lab-intel';
const SNAPSHOT = join(import.meta.dirname, `../../../fixtures/${NAME}.snapshot`);
const captured = new SnapshotHost(parseSnapshot(readFileSync(SNAPSHOT, 'utf8'), NAME));
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const PAIR = ['0000:03:00.0', '0000:03:00.1'] as const;

async function prepare(): Promise<{ machine: SimulatedMachine; plan: Plan; before: string }> {
  const machine = simulateMachine(captured);
  return { machine, plan: await planFor(machine, 'bind', PAIR[0]), before: stateOf(machine) };
}

const outcomesOf = ({ steps }: { steps: readonly { outcome: string }[] }): readonly string[] =>
  steps.map(({ outcome }) => outcome);

describe('applying a plan', () => {
  it('tells of each step, verifies it, and leaves no journal', async () => {
    const { machine, plan } = await prepare();
    const told: string[] = [];
    const report = await applyPlan(plan, machine, OCCASION, {
      onStep: (index, state) => told.push(`${index} ${state}`),
    });
    expect(report).toMatchObject({ outcome: 'done', interrupted: false });
    expect(told).toEqual(plan.steps.flatMap((_, index) => [`${index} begun`, `${index} done`]));
    expect(await readJournals(machine.files)).toEqual([]);
    expect(await planFor(machine, 'bind', PAIR[0])).toMatchObject({ steps: [] });
  });

  it('passes over what is so already', async () => {
    const { machine, plan } = await prepare();
    machine.kernel.loadDriver('vfio-pci');
    const report = await applyPlan(plan, machine, OCCASION);
    expect(outcomesOf(report)).toEqual(['already', 'done', 'done', 'done']);
  });

  it('undoes all where somebody else changed a device in between', async () => {
    const { machine, plan } = await prepare();
    await machine.writer.write('/sys/bus/pci/drivers/e1000e/unbind', PAIR[1]);
    const report = await applyPlan(plan, machine, OCCASION);
    expect(report.outcome).toBe('undone');
    expect(report.steps[3]?.problem).toBe('its state changed after the plan was made');
  });

  it('stops before the next step where it is interrupted, and undoes all', async () => {
    const { machine, plan, before } = await prepare();
    const signal = { aborted: false };
    const report = await applyPlan(plan, machine, OCCASION, {
      signal,
      onStep: (index, state) => {
        if (index === 2 && state === 'begun') signal.aborted = true;
      },
    });
    expect(report).toMatchObject({ outcome: 'undone', interrupted: true });
    expect(outcomesOf(report)).toEqual(['undone', 'undone', 'undone', 'untouched']);
    expect(stateOf(machine)).toBe(before);
  });

  it('says what it could not undo, and keeps the journal', async () => {
    const { machine, plan } = await prepare();
    let isAway = false;
    const { reader: here } = machine;
    const reader = new Proxy(here, {
      get: (_, key) =>
        key !== 'readText'
          ? here[key as keyof typeof here]
          : (path: string) => {
              const text = here.readText(path);
              return isAway && typeof text === 'string' && path.includes(PAIR[0])
                ? text.replace(/10D3/i, '0001')
                : text;
            },
    });
    const report = await applyPlan(plan, { ...machine, reader }, OCCASION, {
      onStep: (index, state) => {
        if (index === 2 && state === 'done') isAway = true;
      },
      signal: {
        get aborted() {
          return isAway;
        },
      },
    });
    expect(report.outcome).toBe('stuck');
    expect(outcomesOf(report)).toEqual(['left', 'undone', 'stuck', 'untouched']);
    const [left] = await readJournals(machine.files);
    expect(left?.plan).toEqual(plan);
  });
});

describe('recovering', () => {
  /** A machine on which a plan was cut short after its record and the first device. */
  async function cutShort() {
    const prepared = await prepare();
    const { machine, plan } = prepared;
    let at = 0;
    // Killed at the first change to the second device.
    const probe = new FaultyHost(machine, new Map());
    await applyPlan(plan, probe.host, OCCASION, {
      onStep: (index, state) => {
        if (index === 3 && state === 'begun') at = probe.calls;
      },
    });
    const fresh = await prepare();
    await expect(
      applyPlan(fresh.plan, new FaultyHost(fresh.machine, new Map([[at, 'kills']])).host, OCCASION),
    ).rejects.toThrow(Killed);
    const [left] = await readJournals(fresh.machine.files);
    if (left === undefined) throw new Error('nothing was left');
    return { ...fresh, left };
  }

  it('finds what was begun', async () => {
    const { left } = await cutShort();
    expect([...left.marks]).toEqual([
      [0, 'done'],
      [1, 'done'],
      [2, 'done'],
      [3, 'begun'],
    ]);
  });

  it('after another boot puts back files alone, and of those none that are gone with the boot', async () => {
    const { machine, left } = await cutShort();
    const rebooted = simulateMachine(captured);
    for (const [path, text] of machine.files.files) {
      if (!path.startsWith('/run/')) rebooted.files.files.set(path, text);
    }
    const before = stateOf(simulateMachine(captured));
    const report = await recover(left, rebooted, 'another-boot', 'undo');
    expect(report.outcome).toBe('undone');
    expect(outcomesOf(report)).toEqual(['untouched', 'untouched', 'untouched', 'untouched']);
    expect(stateOf(rebooted)).toBe(before);
  });

  it('can finish after another boot as well', async () => {
    const { left, machine } = await cutShort();
    const rebooted = simulateMachine(captured);
    const report = await recover(left, rebooted, 'another-boot', 'finish');
    expect(report.outcome).toBe('done');
    expect(rebooted.files.files.has(EARLIER_DRIVERS_PATH)).toBe(true);
    await recover(left, machine, 'a-boot', 'finish');
    expect(stateOf(rebooted)).toBe(stateOf(machine));
  });
});

describe('the guard of a device', () => {
  const host = simulateMachine(captured).reader;
  const guard = {
    address: PAIR[0] as PciAddress,
    id: '8086:10d3',
    subsystem: '8086:0000',
    iommuGroup: 15,
  };

  it('lets the device that was planned for pass, and no other', () => {
    expect(checkGuard(host, guard)).toBeNull();
    expect(checkGuard(host, { ...guard, iommuGroup: { unknown: 'denied' } })).toBeNull();
    expect(checkGuard(host, { ...guard, id: '8086:1533' })).toMatchObject({
      code: 'DEVICE_REPLACED',
      message: 'its address now belongs to another device: 8086:10d3, not 8086:1533',
    });
    expect(checkGuard(host, { ...guard, subsystem: null })).toMatchObject({ code: 'DEVICE_REPLACED' });
    expect(checkGuard(host, { ...guard, iommuGroup: 16 })).toMatchObject({
      code: 'GROUP_CHANGED',
      message: 'it is in IOMMU group 15 now, not 16',
    });
    expect(checkGuard(host, { ...guard, address: '0000:77:00.0' as PciAddress })).toMatchObject({
      code: 'DEVICE_GONE',
    });
  });
});
