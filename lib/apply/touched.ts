import type { Change } from '../plan/change.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { isOfOtherBoot } from './journal.ts';
import type { LeftJournal } from './journal-parser.ts';
import { endsWithBoot } from './recover.ts';

/**
 * The steps of a journal that was left behind that can still be undone or finished: what the kernel was told ended with its boot.
 */
export function openSteps(left: LeftJournal, bootId: string | null): readonly Step[] {
  const isOtherBoot = isOfOtherBoot(left, bootId);
  return left.plan.steps.filter(({ change }) => !(isOtherBoot && endsWithBoot(change)));
}

/** What of a host a change changes, by names that two changes share if they change the same. */
function touchedBy(change: Change): readonly string[] {
  switch (change.kind) {
    case 'driver':
    case 'vfs':
    case 'link':
      return [change.address];
    case 'attachment':
      return [change.address, change.machine];
    case 'assignment':
    case 'category':
      return [change.machine];
    case 'file':
      return [change.path];
    case 'initramfs':
    case 'boot-loader':
      return [change.kind];
    // To load one that is loaded changes nothing, and none is taken out that is in use.
    case 'module':
      return [];
  }
}

/** All that journals may still change. */
export function touchedByAll(journals: readonly LeftJournal[], bootId: string | null): ReadonlySet<string> {
  return new Set(
    journals.flatMap((left) => openSteps(left, bootId).flatMap(({ change }) => touchedBy(change))),
  );
}

/** The first of the journals that changes something that a plan changes too; `null` where none does. */
export function journalInTheWay(
  { steps }: Plan,
  journals: readonly LeftJournal[],
  bootId: string | null,
): LeftJournal | null {
  const wanted = new Set(steps.flatMap(({ change }) => touchedBy(change)));
  return (
    journals.find((left) =>
      openSteps(left, bootId).some(({ change }) => touchedBy(change).some((each) => wanted.has(each))),
    ) ?? null
  );
}
