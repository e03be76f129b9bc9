import { isDeepStrictEqual } from 'node:util';
import { DENIED } from '../../lib/base/known.ts';

/** How what an ordinary user is told differs from what root is told. */
export interface UserDifferences {
  /** Where something is denied to the user, sorted, without indexes: `shown.device.vpd`. */
  readonly denied: readonly string[];
  /** Where it is another value, with both. */
  readonly other: readonly string[];
}

export function differencesOfUser(ofRoot: unknown, ofUser: unknown): UserDifferences {
  const denied = new Set<string>();
  const other: string[] = [];
  const compare = (root: unknown, user: unknown, at: string): void => {
    if (isDeepStrictEqual(root, user)) return;
    if (isDeepStrictEqual(user, DENIED)) denied.add(at);
    else if (Array.isArray(root) && Array.isArray(user) && root.length === user.length) {
      for (const [index, each] of root.entries()) compare(each, user[index], at);
    } else if (isRecord(root) && isRecord(user)) {
      for (const key of new Set([...Object.keys(root), ...Object.keys(user)])) {
        compare(root[key], user[key], at === '' ? key : `${at}.${key}`);
      }
    } else other.push(`${at}: ${JSON.stringify(root)} ${JSON.stringify(user)}`);
  };
  compare(ofRoot, ofUser, '');
  return { denied: [...denied].sort(), other };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
