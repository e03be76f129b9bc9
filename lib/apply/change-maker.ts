import type { Problem } from '../base/problem.ts';
import type { Change, StateOf } from '../plan/change.ts';
import type { ChangeableHost } from './changeable-host.ts';

/**
 * How changes of one kind are made. Both functions take the state to reach, so they serve to make, to undo, and to
 * continue after any interruption.
 */
export interface ChangeMaker<C extends Change> {
  /** Whether the host is in a state, by reading it. */
  isReached(host: ChangeableHost, change: C, goal: StateOf<C>): Promise<boolean>;
  /** Makes the missing parts of a state, from any state of the host; `null` on success. */
  reach(host: ChangeableHost, change: C, goal: StateOf<C>): Promise<Problem | null>;
}

/** The same for changes that need a program to read the host: one reading serves for all decisions. */
export interface AskedChangeMaker<C extends Change> {
  look(host: ChangeableHost, change: C): Promise<Observation<C>>;
}

/** The result of reading a host. */
export interface Observation<C extends Change> {
  /** Why the state is unknown; `null` if it is known. */
  readonly problem: Problem | null;
  /** Whether the host was in a state; `false` if that is unknown. */
  isAt(goal: StateOf<C>): boolean;
  /**
   * Makes the missing parts of a state, from the last reading, or from a new one if that failed. Returns the next
   * reading, or the problem.
   */
  reach(goal: StateOf<C>): Promise<Observation<C> | Problem>;
}
