import type { ProblemCode } from '../base/problem.ts';

/**
 * The outcome of a step.
 *
 * - `done`: made and verified.
 * - `already`: the host already had the state, and the step was not made.
 * - `undone`: made, or started, and undone.
 * - `left`: could not be undone, and never can: a module that stays loaded, or a device that the kernel does not
 *   release.
 * - `stuck`: could not be undone.
 * - `untouched`: never started.
 */
export type StepOutcome = 'done' | 'already' | 'undone' | 'left' | 'stuck' | 'untouched';

interface StepReport {
  readonly words: string;
  readonly outcome: StepOutcome;
  /** Why it failed, or could not be undone. */
  readonly problem: string | null;
  /** The problem, by its name in `PROBLEMS`; `null` if there is none. */
  readonly problemCode: ProblemCode | null;
}

/**
 * - `done`: the host is as requested.
 * - `undone`: it is as before, except for what is `left`.
 * - `stuck`: neither; the journal is kept.
 */
export type ApplyOutcome = 'done' | 'undone' | 'stuck';

/** The result of a plan. */
export interface ApplyReport {
  readonly outcome: ApplyOutcome;
  /** Whether it was stopped by a signal, and not by a problem. */
  readonly interrupted: boolean;
  /** Whether it is done and awaits confirmation; the journal is kept then. */
  readonly awaitsConfirmation: boolean;
  readonly steps: readonly StepReport[];
}
