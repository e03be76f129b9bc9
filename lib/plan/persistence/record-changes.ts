import { areOfOneDevice } from '../../pci/persisted/find-persisted.ts';
import type { PersistedDevice } from '../../pci/persisted/persisted-device.ts';

/** What a change makes of a record of devices. */
export interface RecordChanges<T> {
  /** What is written down anew, or in another way, at the place that it had. */
  readonly added: readonly T[];
  /** What is written down at the place where its device is now. */
  readonly moved: readonly { readonly from: T; readonly to: T }[];
  readonly struck: readonly T[];
  /** What stays as it is though something else is written down at its place: its device may be elsewhere. */
  readonly shared: readonly T[];
}

/** What becomes of the entries of a record. */
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
