import type { Change, StateOf } from '../plan/change.ts';
import type { ChangeableHost } from './changeable-host.ts';

/** Why a state could not be reached, in a sentence without its subject: `e1000e can't be unbound: EBUSY`. */
export type Problem = string;

/**
 * How changes of one kind are made. Both ways are by the state that is to be reached, and so are good for
 * doing, for undoing, and for going on wherever an earlier attempt was cut short.
 */
export interface ChangeMaker<C extends Change> {
  /** Whether the host is in a state, by reading it. */
  isReached(host: ChangeableHost, change: C, goal: StateOf<C>): Promise<boolean>;
  /** Does what is missing to a state, from whatever state the host is in; `null` where nothing stood against it. */
  reach(host: ChangeableHost, change: C, goal: StateOf<C>): Promise<Problem | null>;
}

/**
 * The same where each look at the host is a program that has to be run: what one found serves for all that is decided by it.
 */
export interface AskedChangeMaker<C extends Change> {
  look(host: ChangeableHost, change: C): Promise<Observation<C>>;
}

/** What a look at a host found. */
export interface Observation<C extends Change> {
  /** Why nothing is known of the host; `null` where something is. */
  readonly problem: Problem | null;
  /** Whether the host was found in a state; `false` where nothing is known of it. */
  isAt(goal: StateOf<C>): boolean;
  /**
   * Does what is missing to a state, from what was found, or looks again where nothing was; gives what is found after it, or
   * what stood against it.
   */
  reach(goal: StateOf<C>): Promise<Observation<C> | Problem>;
}
