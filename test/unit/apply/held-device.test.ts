import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChangeableHost } from '../../../lib/apply/changeable-host.ts';
import { readJournals } from '../../../lib/apply/journal/journal.ts';
import { recover } from '../../../lib/apply/recover.ts';
import type { BlockedWrite } from '../../../lib/host/host-writer.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { planFor } from '../../support/binding-plans.ts';
import { Killed } from '../../support/faults.ts';
import { type SimulatedMachine, simulateMachine } from '../../support/simulated-changes.ts';

const SNAPSHOT = join(import.meta.dirname, '../../../fixtures/lab-intel.snapshot');
const captured = new SnapshotHost(parseSnapshot(readFileSync(SNAPSHOT, 'utf8'), 'lab-intel'));
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const HELD = '0000:03:00.0';

/** A host whose kernel does not end taking a device from its driver. */
function holding(machine: SimulatedMachine, whenHeld: () => void = () => {}): ChangeableHost {
  const blocked: BlockedWrite[] = [];
  return {
    ...machine,
    writer: {
      async write(path, text) {
        const isHeld = path.includes(HELD) || text === HELD;
        if (!isHeld || path.endsWith('/driver_override')) return machine.writer.write(path, text);
        blocked.push({ path, text });
        whenHeld();
        return 'blocked';
      },
      blocked: () => blocked,
    },
  };
}

describe('a device that the kernel does not let go of', () => {
  it('is left, by name and with who holds it, and keeps nobody from changing others', async () => {
    const machine = simulateMachine(captured);
    const plan = await planFor(machine, 'bind', HELD);
    const report = await applyPlan(plan, holding(machine), OCCASION);
    expect(report.outcome).toBe('undone');
    const step = report.steps.find(({ words }) => words.startsWith(HELD));
    expect(step?.outcome).toBe('left');
    expect(step?.problem).toMatch(/^the kernel waits, probably for a process that uses the device/);
    expect(await readJournals(machine.files)).toEqual([]);
    const other = await planFor(machine, 'bind', '0000:07:00.0');
    expect((await applyPlan(other, machine, OCCASION)).outcome).toBe('done');
  });

  it.each(['undo', 'finish'] as const)('lets pci recover end, too: %s', async (recovery) => {
    const machine = simulateMachine(captured);
    const plan = await planFor(machine, 'bind', HELD);
    const killed = holding(machine, () => {
      throw new Killed();
    });
    await expect(applyPlan(plan, killed, OCCASION)).rejects.toThrow(Killed);
    const [left] = await readJournals(machine.files);
    if (left === undefined) throw new Error('it was cut short');
    const report = await recover(left, holding(machine), 'a-boot', recovery, {});
    expect(report.outcome).toBe('undone');
    expect(await readJournals(machine.files)).toEqual([]);
  });
});
