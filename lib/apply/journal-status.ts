import { isOfOtherBoot } from './journal.ts';
import type { LeftJournal } from './journal-parser.ts';

/** What a clock of a machine says: which boot it is of, and how long that has lasted. */
export interface BootTime {
  readonly bootId: string | null;
  /** `null` where it can't be read. */
  readonly uptimeMs: number | null;
}

/**
 * How it stands with a journal that is there.
 *
 * - `awaiting`: all was made, and may be confirmed for `remainingMs` more.
 * - `overdue`: all was made, and nobody confirmed it in time, or before the machine started anew.
 * - `cut-short`: it was begun, and neither all was made nor all undone.
 */
export type JournalStatus =
  | { readonly kind: 'awaiting'; readonly remainingMs: number }
  | { readonly kind: 'overdue' }
  | { readonly kind: 'cut-short' };

export function journalStatusOf(left: LeftJournal, { bootId, uptimeMs }: BootTime): JournalStatus {
  if (left.confirmByMs === null) return { kind: 'cut-short' };
  if (uptimeMs === null || isOfOtherBoot(left, bootId)) return { kind: 'overdue' };
  const remainingMs = left.confirmByMs - uptimeMs;
  return remainingMs > 0 ? { kind: 'awaiting', remainingMs } : { kind: 'overdue' };
}
