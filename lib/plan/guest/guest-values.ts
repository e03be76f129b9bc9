import { createHash } from 'node:crypto';
import type { GuestPathState } from '../../machines/provision/guest-scripts.ts';

/** The numbers of users or groups by name, as `/etc/passwd` and `/etc/group` have them. */
export function idsIn(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name = '', , id = ''] = line.split(':');
      return /^\d{1,10}$/.test(id) ? [[name, Number(id)] as const] : [];
    }),
  );
}

export function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

/** Whether two states of a path are the same. */
export function isSameState(one: GuestPathState, other: GuestPathState): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(state: GuestPathState): readonly unknown[] | null {
  return state === null ? null : Object.entries(state).sort(([a], [b]) => a.localeCompare(b));
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
