import type { ProblemCode } from '../base/problem.ts';

/**
 * The outcome of a step.
 *
 * - `done`: made, and seen to be in effect.
 * - `already`: the host was as it should be, and the step was not made.
 * - `undone`: made, or begun, and put back.
 * - `left`: could not be put back, and nobody could: a module that stays loaded, or a device that the kernel does not let go of.
 * - `stuck`: could not be put back.
 * - `untouched`: never begun.
 */
export type StepOutcome = 'done' | 'already' | 'undone' | 'left' | 'stuck' | 'untouched';

interface StepReport {
  readonly words: string;
  readonly outcome: StepOutcome;
  /** Why it failed, or why it could not be put back. */
  readonly problem: string | null;
  /** Which problem that is, by its name in `PROBLEMS`; `null` where there is none. */
  readonly problemCode: ProblemCode | null;
}

/**
 * - `done`: the host is as asked.
 * - `undone`: it is as it was, but for what is `left`.
 * - `stuck`: it is neither; the journal is kept.
 */
export type ApplyOutcome = 'done' | 'undone' | 'stuck';

/** The result of a plan. */
export interface ApplyReport {
  readonly outcome: ApplyOutcome;
  /** Whether it was stopped from outside, and by no problem. */
  readonly interrupted: boolean;
  /** Whether it is done and yet to be confirmed; the journal is kept then. */
  readonly awaitsConfirmation: boolean;
  readonly steps: readonly StepReport[];
}
