/**
 * Why a value is unknown.
 *
 * - `denied`: the kernel refused the read (EACCES, EPERM); root can read it.
 * - `broken`: the read failed in another way, or the data is invalid.
 * - `unread`: the value was not read: the reader did not need it, or a snapshot does not contain it.
 */
export type UnknownReason = 'denied' | 'broken' | 'unread';

/** A value that could not be read. Its JSON form is the same: `{"unknown":"denied"}`. */
export interface Unknown {
  readonly unknown: UnknownReason;
}

/**
 * A fact about a host: the value, `null` for "the host has none", or {@link Unknown} for "could not be read". None of
 * the three replaces another.
 */
export type Known<T> = T | null | Unknown;

export const DENIED: Unknown = Object.freeze({ unknown: 'denied' });
export const BROKEN: Unknown = Object.freeze({ unknown: 'broken' });
export const UNREAD: Unknown = Object.freeze({ unknown: 'unread' });

/** Whether a fact could not be read. */
export function isUnknown(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && 'unknown' in value;
}

/** The value if there is one; `undefined` if it is absent or unknown. */
export function knownValue<T>(fact: Known<T> | undefined): T | undefined {
  return fact === null || isUnknown(fact) ? undefined : fact;
}

/** Applies `change` to a value; absent and unknown values stay the same. */
export function mapKnown<T, U>(fact: Known<T>, change: (value: T) => Known<U>): Known<U> {
  if (fact === null || isUnknown(fact)) return fact as Known<U>;
  return change(fact);
}
