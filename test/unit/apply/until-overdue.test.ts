import { describe, expect, it } from 'vitest';
import type { JournalStatus } from '../../../lib/apply/journal/journal-status.ts';
import { untilOverdue } from '../../../lib/apply/until-overdue.ts';

const OVERDUE: JournalStatus = { kind: 'overdue' };
const CUT_SHORT: JournalStatus = { kind: 'cut-short' };
const awaiting = (remainingMs: number): JournalStatus => ({ kind: 'awaiting', remainingMs });

/** A watch over what is seen at each look, and at each try to lock; says what was done, in order. */
async function watch(looks: readonly (JournalStatus | null)[], locks: readonly boolean[]) {
  const done: string[] = [];
  const left = { looks: [...looks], locks: [...locks] };
  const next = <T>(list: T[]): T => {
    const value = list.shift();
    if (value === undefined) throw new Error('more is asked for than was foreseen');
    return value;
  };
  const release = await untilOverdue({
    look: async () => {
      const standing = next(left.looks);
      done.push(`look: ${standing?.kind ?? 'gone'}`);
      return standing;
    },
    lock: async () => {
      const isFree = next(left.locks);
      done.push(isFree ? 'lock' : 'locked');
      return isFree ? () => done.push('release') : null;
    },
    pause: async (ms) => {
      done.push(`pause ${ms}`);
    },
  });
  expect(left).toEqual({ looks: [], locks: [] });
  return { done, holds: release !== null };
}

describe('who waits for a change to be confirmed', () => {
  it('has it undone once the time is over, and holds the lock meanwhile', async () => {
    expect(await watch([awaiting(7000), awaiting(2000), OVERDUE, OVERDUE], [true])).toEqual({
      done: [
        'look: awaiting',
        'pause 5000',
        'look: awaiting',
        'pause 2000',
        'look: overdue',
        'lock',
        'look: overdue',
      ],
      holds: true,
    });
  });

  it('leaves one alone that is still being made, and gives it its time from the end', async () => {
    const looks = [CUT_SHORT, CUT_SHORT, awaiting(3000), awaiting(2900), null, null];
    expect(await watch(looks, [false, true, true])).toEqual({
      done: [
        ...['look: cut-short', 'locked', 'pause 1000'],
        // It was made while the lock was being taken.
        ...['look: cut-short', 'lock', 'look: awaiting', 'release'],
        ...['look: awaiting', 'pause 2900'],
        ...['look: gone', 'lock', 'look: gone', 'release'],
      ],
      holds: false,
    });
  });

  it('has one undone whose program was killed', async () => {
    expect(await watch([CUT_SHORT, CUT_SHORT], [true])).toMatchObject({ holds: true });
  });

  it('does nothing where it was confirmed while the lock was being taken', async () => {
    const { done, holds } = await watch([OVERDUE, OVERDUE, null], [false, true]);
    expect(done.at(-1)).toBe('release');
    expect(holds).toBe(false);
  });

  it('waits for a journal that is about to be written', async () => {
    expect(await watch([null, awaiting(1000), OVERDUE, OVERDUE], [false, true])).toMatchObject({
      holds: true,
    });
  });
});
