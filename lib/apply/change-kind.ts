import type { Change, StateOf } from '../plan/change.ts';
import type { ChangeableHost } from './changeable-host.ts';

/** Why a state could not be reached, in a sentence without its subject: `e1000e can't be unbound: EBUSY`. */
export type Problem = string;

/**
 * How changes of one kind are made. Both ways are by the state that is to be reached, and so are good for
 * doing, for undoing, and for going on wherever an earlier attempt was cut short.
 */
export interface ChangeKind<C extends Change> {
  /** Whether the host is in a state, by reading it. */
  isReached(host: ChangeableHost, change: C, goal: StateOf<C>): Promise<boolean>;
  /** Does what is missing to a state, from whatever state the host is in; `null` where nothing stood against it. */
  reach(host: ChangeableHost, change: C, goal: StateOf<C>): Promise<Problem | null>;
}
