import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJournals } from '../../lib/apply/journal/journal.ts';
import { type JournalStatus, journalStatusOf } from '../../lib/apply/journal/journal-status.ts';
import { recover } from '../../lib/apply/recover.ts';
import { untilOverdue } from '../../lib/apply/until-overdue.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../lib/host/snapshot/snapshot-parser.ts';
import { applyPlan } from '../support/apply-plan.ts';
import { planFor } from '../support/binding-plans.ts';
import { FAULTS, type Fault, FaultyHost, Killed } from '../support/faults.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { type SimulatedMachine, simulateMachine, stateOf } from '../support/simulated-changes.ts';

const NAME = 'lab-intel';
const SNAPSHOT = join(import.meta.dirname, `../../fixtures/${NAME}.snapshot`);
const captured = new SnapshotHost(parseSnapshot(readFileSync(SNAPSHOT, 'utf8'), NAME));
const BOOT = 'a-boot';
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: BOOT };
const CONFIRM_BY_MS = 60_000;

/** All of a machine but its journals. */
function stateBesideJournals(machine: SimulatedMachine): string {
  const files = new MemoryFiles();
  for (const [path, text] of machine.files.files)
    if (!path.includes('/journal/')) files.files.set(path, text);
  return stateOf({ ...machine, files });
}

async function standingAt({ files }: SimulatedMachine, uptimeMs: number): Promise<JournalStatus | null> {
  const [left] = await readJournals(files);
  return left === undefined ? null : journalStatusOf(left, { bootId: BOOT, uptimeMs });
}

interface Ending {
  readonly before: string;
  /** The host after each time that a program ended or was killed, and whether it could be confirmed then. */
  readonly stops: readonly { readonly state: string; readonly isAwaiting: boolean }[];
  readonly after: string;
  readonly calls: number;
}

/** Applies a plan that nobody confirms, meeting with a fault, and lets its watchdog come, again where it is killed too. */
async function applyUnconfirmed(fault: ReadonlyMap<number, Fault>): Promise<Ending> {
  const machine = simulateMachine(captured);
  const plan = await planFor(machine, 'bind', '03:00');
  const before = stateOf(machine);
  const faulty = new FaultyHost(machine, fault);
  const stops: { state: string; isAwaiting: boolean }[] = [];
  const attempt = async (make: () => Promise<unknown>): Promise<void> => {
    try {
      await make();
    } catch (error) {
      if (!(error instanceof Killed) && (error as { code?: string }).code !== 'JOURNAL_FAILED') throw error;
    }
    const isAwaiting = (await standingAt(machine, 0))?.kind === 'awaiting';
    stops.push({ state: stateBesideJournals(machine), isAwaiting });
  };
  await attempt(() => applyPlan(plan, faulty.host, OCCASION, { confirmBy: () => CONFIRM_BY_MS }));
  for (let round = 0; ; round += 1) {
    if (round > 4) throw new Error('the watchdog comes to no end');
    const release = await untilOverdue({
      look: () => standingAt(machine, CONFIRM_BY_MS),
      lock: async () => () => {},
      pause: async () => {
        throw new Error('nothing is to be waited for');
      },
    });
    if (release === null) break;
    const [left] = await readJournals(machine.files);
    if (left !== undefined) await attempt(() => recover(left, faulty.host, BOOT, 'undo'));
  }
  return { before, stops, after: stateOf(machine), calls: faulty.calls };
}

describe('a change that is to be confirmed', { timeout: 180_000 }, () => {
  it('is undone where nobody does, whatever fails and whoever is killed, and can be confirmed only while it is whole', async () => {
    const whole = await applyUnconfirmed(new Map());
    const [made] = whole.stops;
    expect(made).toMatchObject({ isAwaiting: true });
    expect(made?.state).not.toBe(whole.before);
    expect(whole.after).toBe(whole.before);
    expect(whole.calls).toBeGreaterThan(20);
    for (let at = 0; at < whole.calls; at += 1) {
      for (const fault of FAULTS) {
        const told = `${fault} at ${at}`;
        const { before, after, stops } = await applyUnconfirmed(new Map([[at, fault]]));
        // A module that can't be removed stays, and does no harm.
        const isBefore = after.replace('\ndriver vfio-pci\n', '\n') === before;
        expect(isBefore ? 'as before' : after, told).toBe('as before');
        for (const { state, isAwaiting } of stops) {
          expect(isAwaiting && state !== made?.state ? state : 'whole', told).toBe('whole');
        }
      }
    }
  });

  it('stays where it is confirmed, and may be undone or finished before that', async () => {
    for (const recovery of ['undo', 'finish'] as const) {
      const machine = simulateMachine(captured);
      const before = stateOf(machine);
      const plan = await planFor(machine, 'bind', '03:00');
      const report = await applyPlan(plan, machine, OCCASION, { confirmBy: () => CONFIRM_BY_MS });
      expect(report).toMatchObject({ outcome: 'done', awaitsConfirmation: true });
      const asked = stateBesideJournals(machine);
      const [left] = await readJournals(machine.files);
      if (left === undefined) throw new Error('it awaits nothing');
      const ended = await recover(left, machine, BOOT, recovery);
      expect(ended).toMatchObject({
        outcome: recovery === 'undo' ? 'undone' : 'done',
        awaitsConfirmation: false,
      });
      expect(stateOf(machine)).toBe(recovery === 'undo' ? before : asked);
    }
  });

  it('is undone where it can not be written down by when', async () => {
    const machine = simulateMachine(captured);
    const before = stateOf(machine);
    const plan = await planFor(machine, 'bind', '03:00');
    const { files } = machine;
    const append = files.append.bind(files);
    files.append = async (path, text) => {
      if (text.includes('confirmByMs')) return { failed: 'ENOSPC' };
      return append(path, text);
    };
    const report = await applyPlan(plan, machine, OCCASION, { confirmBy: () => CONFIRM_BY_MS });
    expect(report).toMatchObject({ outcome: 'undone', awaitsConfirmation: false });
    expect(report.steps.at(-1)?.problem).toBe('cannot write the journal: ENOSPC');
    expect(stateOf(machine)).toBe(before);
  });

  it('is of the boot in which it was made', async () => {
    const machine = simulateMachine(captured);
    const plan = await planFor(machine, 'bind', '03:00');
    await applyPlan(plan, machine, OCCASION, { confirmBy: () => CONFIRM_BY_MS });
    const [left] = await readJournals(machine.files);
    if (left === undefined) throw new Error('it awaits nothing');
    expect(journalStatusOf(left, { bootId: BOOT, uptimeMs: 50_000 })).toEqual({
      kind: 'awaiting',
      remainingMs: 10_000,
    });
    expect(journalStatusOf(left, { bootId: BOOT, uptimeMs: 60_000 })).toEqual({ kind: 'overdue' });
    expect(journalStatusOf(left, { bootId: 'another', uptimeMs: 50_000 })).toEqual({ kind: 'overdue' });
    expect(journalStatusOf(left, { bootId: BOOT, uptimeMs: null })).toEqual({ kind: 'overdue' });
    // What the kernel was told is gone with the boot; the journal must not stay.
    const next = simulateMachine(captured);
    for (const [path, text] of machine.files.files) {
      if (!path.startsWith('/run/')) next.files.files.set(path, text);
    }
    const report = await recover(left, next, 'another', 'undo');
    expect(report).toMatchObject({ outcome: 'undone' });
    expect(stateOf(next)).toBe(stateOf(simulateMachine(captured)));
  });
});
