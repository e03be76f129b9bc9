import { describe, expect, it } from 'vitest';
import { readJournals } from '../../../lib/apply/journal/journal.ts';
import { recover } from '../../../lib/apply/recover.ts';
import type { Run } from '../../../lib/host/runner.ts';
import { STALE } from '../../../lib/plan/change-states.ts';
import type { Plan } from '../../../lib/plan/plan.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { FaultyHost, Killed } from '../../support/faults.ts';
import { exited, hostWithProgram } from '../../support/host-with-program.ts';

const STATE = '/var/lib/portal-gun/initramfs';
const FILE = '/etc/portal-gun/a';
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };

const PLAN: Plan = {
  title: 't',
  guards: [],
  steps: [
    { words: 'stale', change: { kind: 'initramfs', from: null, to: STALE } },
    { words: 'a file', change: { kind: 'file', path: FILE, from: null, to: 'token' } },
    { words: 'made', change: { kind: 'initramfs', from: STALE, to: 'token' } },
  ],
};

describe('making the initramfs anew', () => {
  it.each([
    [
      'says that it did, and did nothing',
      () => exited(0),
      'update-initramfs succeeded but created no initramfs: check /etc/initramfs-tools/update-initramfs.conf, and that /boot is writable',
    ],
    ['fails', () => exited(1, 'working\nno space left\n'), 'no space left'],
    ['fails without a word', () => exited(2), 'update-initramfs exits with 2'],
    ['is not there', (): Run => ({ kind: 'missing' }), 'update-initramfs is not installed'],
    [
      'takes too long',
      (): Run => ({ kind: 'failed', detail: 'did not end' }),
      'update-initramfs did not end',
    ],
  ])('is undone, the files too, where the program %s', async (_, update, problem) => {
    // What it fails at once it does when it is called to undo.
    let calls = 0;
    const host = hostWithProgram(() => {
      calls += 1;
      return calls === 1 ? update() : exited(0);
    });
    const report = await applyPlan(PLAN, host, OCCASION);
    expect(report.outcome).toBe('undone');
    expect(report.steps.at(-1)).toMatchObject({ outcome: 'undone', problem });
    expect([...host.files.files]).toEqual([]);
    expect(calls).toBe(2);
  });

  it('is not taken for made by what an earlier one left', async () => {
    const host = hostWithProgram(() => exited(0));
    host.files.files.set(STATE, 'token\n');
    const [, , last] = PLAN.steps;
    const plan = {
      ...PLAN,
      steps: [{ ...PLAN.steps[0], change: { kind: 'initramfs', from: 'token', to: STALE } }, last],
    };
    const report = await applyPlan(plan as Plan, host, OCCASION);
    expect(report.outcome).toBe('stuck');
    expect(host.files.files.get(STATE)).toBe('stale\n');
  });

  it('is undone in the next boot as well: what is on the disk does not end with a boot', async () => {
    const host = hostWithProgram((files) => {
      if (files.has(FILE)) files.set(STATE, 'token\n');
      return exited(0);
    });
    const faulty = new FaultyHost(host, new Map([[9, 'kills-after']]));
    await expect(applyPlan(PLAN, faulty.host, OCCASION)).rejects.toThrow(Killed);
    const [left] = await readJournals(host.files);
    if (left === undefined) throw new Error('it left no journal');
    expect(host.files.files.get(STATE)).toBeDefined();
    expect(await recover(left, host, 'another-boot', 'undo')).toMatchObject({ outcome: 'undone' });
    expect([...host.files.files]).toEqual([]);
  });
});
