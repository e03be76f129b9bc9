import { areOfOneDevice } from '../../pci/persisted/find-persisted.ts';
import type { PersistedDevice } from '../../pci/persisted/persisted-device.ts';

/** The differences between two records of devices. */
export interface RecordChanges<T> {
  /** New or changed entries at the same place. */
  readonly added: readonly T[];
  /** Entries that follow their device to its current place. */
  readonly moved: readonly { readonly from: T; readonly to: T }[];
  readonly struck: readonly T[];
  /** Entries that stay although another entry has their place: their device may be elsewhere. */
  readonly shared: readonly T[];
}

/** Compares the entries of two records. */
export function recordChanges<T extends PersistedDevice>(
  before: readonly T[],
  after: readonly T[],
): RecordChanges<T> {
  const isSame = (a: T, b: T): boolean => JSON.stringify(a) === JSON.stringify(b);
  const fresh = after.filter((entry) => !before.some((each) => isSame(each, entry)));
  const gone = before.filter((entry) => !after.some((each) => isSame(each, entry)));
  const earlier = new Map(fresh.map((entry) => [entry, gone.find((each) => areOfOneDevice(each, entry))]));
  const known = new Set(earlier.values());
  return {
    added: fresh.filter((entry) => (earlier.get(entry)?.path ?? entry.path) === entry.path),
    moved: fresh.flatMap((to) => {
      const from = earlier.get(to);
      return from === undefined || from.path === to.path ? [] : [{ from, to }];
    }),
    struck: gone.filter((entry) => !known.has(entry)),
    shared: after.filter((entry) => !fresh.includes(entry) && fresh.some(({ path }) => path === entry.path)),
  };
}
