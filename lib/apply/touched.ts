import { kindOf } from '../plan/change-kinds.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { isOfOtherBoot } from './journal/journal.ts';
import type { LeftJournal } from './journal/journal-parser.ts';

/** The steps of a remaining journal that can still be undone or finished: kernel state ended with its boot. */
export function openSteps(left: LeftJournal, bootId: string | null): readonly Step[] {
  const isOtherBoot = isOfOtherBoot(left, bootId);
  return left.plan.steps.filter(({ change }) => !(isOtherBoot && kindOf(change).endsWithBoot(change)));
}

/**
 * Whether a plan only changes guests: nothing of the host depends on it, and the next provisioning supersedes it. A plan
 * without steps does not show what it was for.
 */
export function isOfGuests({ steps }: Plan): boolean {
  return steps.length > 0 && steps.every(({ change }) => kindOf(change).madeBy === 'guest');
}

/** Everything that journals may still change. */
export function touchedByAll(journals: readonly LeftJournal[], bootId: string | null): ReadonlySet<string> {
  return new Set(
    journals.flatMap((left) =>
      openSteps(left, bootId).flatMap(({ change }) => kindOf(change).touches(change)),
    ),
  );
}

/** The first journal that changes something that a plan changes too; `null` if there is none. */
export function journalInTheWay(
  { steps }: Plan,
  journals: readonly LeftJournal[],
  bootId: string | null,
): LeftJournal | null {
  const wanted = new Set(steps.flatMap(({ change }) => kindOf(change).touches(change)));
  return (
    journals.find((left) =>
      openSteps(left, bootId).some(({ change }) =>
        kindOf(change)
          .touches(change)
          .some((each) => wanted.has(each)),
      ),
    ) ?? null
  );
}
