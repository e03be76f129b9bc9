import { isOfOtherBoot } from './journal.ts';
import type { LeftJournal } from './journal-parser.ts';

/** A clock of a machine: its boot, and the time since then. */
export interface BootTime {
  readonly bootId: string | null;
  /** `null` if it cannot be read. */
  readonly uptimeMs: number | null;
}

/**
 * The status of an existing journal.
 *
 * - `awaiting`: all steps were made, and can be confirmed for `remainingMs` more.
 * - `overdue`: all steps were made, and not confirmed in time, or before the machine restarted.
 * - `cut-short`: it was started, and neither finished nor undone.
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
