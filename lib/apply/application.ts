import { Problem, type ProblemCode } from '../base/problem.ts';
import type { WriteFailure } from '../host/host-writer.ts';
import type { Change } from '../plan/change.ts';
import type { Direction } from '../plan/change-kind.ts';
import { kindOf } from '../plan/change-kinds.ts';
import type { Plan, Step } from '../plan/plan.ts';
import type { ApplyOutcome, ApplyReport, StepOutcome } from './apply-report.ts';

import { loadMakers, observe } from './change-makers.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { isHeldByKernel } from './changes/host/driver.ts';
import type { Journal } from './journal/journal.ts';
import type { JournalMark } from './journal/journal-parser.ts';
import { PlanGuests } from './plan-guests.ts';
import { PlanPrograms } from './plan-programs.ts';
import { guardProblem } from './step-guards.ts';
import { takesNothing } from './takes-nothing.ts';

const NOTHING: ReadonlySet<string> = new Set();
const CHANGED = new Problem('CHANGED_MEANWHILE', 'its state changed after the plan was made');

/** Options for applying a plan. */
export interface ApplyOptions {
  /** The names of accepted safety rules; none by default. The journal keeps them. */
  readonly allowed?: ReadonlySet<string>;
  /**
   * Called for each started step with its index, and for its outcome, with the problem and its code if there was one.
   */
  readonly onStep?: (
    index: number,
    state: 'begun' | StepOutcome,
    problem: string | null,
    problemCode: ProblemCode | null,
  ) => void;
  /**
   * For a change that must be confirmed: called after all steps, and returns the time limit, in ms since the start of
   * the machine. The journal is kept then.
   */
  readonly confirmBy?: () => number;
  /** If it is aborted, the plan stops before the next step, and the earlier steps are undone. */
  readonly signal?: { readonly aborted: boolean };
}

/** A plan that is being applied: its steps forward and back, with the journal of each. */
export class Application {
  readonly #plan: Plan;
  readonly #host: ChangeableHost;
  readonly #programs: PlanPrograms;
  readonly #guests: PlanGuests;
  readonly #journal: Journal;
  readonly #options: ApplyOptions;
  readonly #outcomes: StepOutcome[];
  readonly #problems: (Problem | null)[];
  #interrupted = false;
  #awaits = false;

  constructor(plan: Plan, host: ChangeableHost, journal: Journal, options: ApplyOptions) {
    this.#plan = plan;
    this.#programs = new PlanPrograms(host.runner);
    this.#guests = new PlanGuests(host.guests);
    this.#host = { ...host, runner: this.#programs, guests: this.#guests };
    this.#journal = journal;
    this.#options = options;
    this.#outcomes = plan.steps.map(() => 'untouched');
    this.#problems = plan.steps.map(() => null);
  }

  /** Marks steps as started, for an application that was interrupted or awaits confirmation. */
  resume(begun: readonly number[], awaits: boolean): void {
    this.#awaits = awaits;
    for (const index of begun) this.#outcomes[index] = 'done';
  }

  /** Makes every step in order; `false` if it stopped before the end. */
  async forward(): Promise<boolean> {
    await this.#load('to');
    for (const [index, step] of this.#plan.steps.entries()) {
      if (this.#options.signal?.aborted === true) {
        this.#interrupted = true;
        return false;
      }
      const problem = await this.#make(index, step);
      if (problem !== null) {
        this.#problems[index] = problem;
        this.#interrupted = problem.code === 'STOP_INTERRUPTED';
        return false;
      }
    }
    return this.#await();
  }

  /** Undoes every started step, the last first, even if one of them cannot be undone. */
  async back(): Promise<void> {
    await this.#load('from');
    // From here on, there is no complete change to confirm.
    if (this.#awaits) await this.#journal.awaitConfirmation(null);
    this.#awaits = false;
    for (const [index, step] of [...this.#plan.steps.entries()].reverse()) {
      if (this.#outcomes[index] !== 'done') continue;
      const { change } = step;
      const observed = await observe(this.#host, change);
      const problem = (await observed.isAt('from'))
        ? null
        : (this.#guard(step, 'from') ??
          (await this.#safety(change, 'from')) ??
          (await observed.reach('from')));
      // A mark that cannot be written is found out again by a recovery.
      if (problem === null) await this.#journal.mark(index, 'undone');
      if (problem === null) this.#settle(index, 'undone', null);
      else await this.#settleUnlessUndone(index, change, problem);
    }
  }

  /** Ends the journal if the host is as requested or as before, and reports the result. */
  async end(): Promise<ApplyReport> {
    const outcome = this.#outcome();
    if (outcome !== 'stuck' && !this.#awaits) await this.#journal.end();
    const steps = this.#plan.steps.map(({ words }, index) => ({
      words,
      outcome: this.#outcomes[index] ?? 'untouched',
      problem: this.#problems[index]?.message ?? null,
      problemCode: this.#problems[index]?.code ?? null,
    }));
    return { outcome, interrupted: this.#interrupted, awaitsConfirmation: this.#awaits, steps };
  }

  /** Closes the programs and guests that its steps kept open. */
  async close(): Promise<void> {
    await Promise.all([this.#guests.close(), this.#programs.close()]);
  }

  async #make(index: number, step: Step): Promise<Problem | null> {
    const { change } = step;
    const wasBegun = this.#outcomes[index] === 'done';
    const obstacle = this.#guard(step, 'to');
    if (obstacle !== null) return obstacle;
    const { signal } = this.#options;
    const host = signal === undefined ? this.#host : { ...this.#host, interruption: signal };
    const observed = await observe(host, change);
    // A started step may look done although it is incomplete.
    if (!wasBegun) {
      if (await observed.isAt('to')) {
        this.#settle(index, 'already', null);
        return null;
      }
      if (!(await observed.isAt('from'))) return observed.problem ?? CHANGED;
    }
    // A step that is already done needs no new use of a device.
    const isThere = wasBegun && (await observed.isAt('to'));
    const use = isThere ? null : await this.#safety(change, 'to');
    if (use !== null) return use;
    const unmarked = await this.#mark(index, 'begun');
    if (unmarked !== null) return unmarked;
    this.#options.onStep?.(index, 'begun', null, null);
    // A started step counts as done: it must be undone.
    this.#outcomes[index] = 'done';
    const problem = (await observed.reach('to')) ?? (await this.#mark(index, 'done'));
    if (problem === null) this.#settle(index, 'done', null);
    return problem;
  }

  #guard(step: Step, direction: Direction): Problem | null {
    return guardProblem(this.#plan, step, direction, this.#host.reader);
  }

  /** Loads what the plan needs: once a device is taken, the disk with the program may be out of reach. */
  async #load(direction: Direction): Promise<void> {
    await loadMakers(this.#plan);
    const takes = this.#plan.steps.some(({ change }) => !takesNothing(this.#host.reader, change, direction));
    if (takes) await loadSafety();
  }

  #safety(change: Change, direction: Direction): Promise<Problem | null> {
    return this.#use(change, direction, this.#options.allowed ?? NOTHING);
  }

  /** Loads the safety rules only if a device can be taken: at most boots none is, and libvirt waits. */
  async #use(change: Change, direction: Direction, allowed: ReadonlySet<string>): Promise<Problem | null> {
    if (takesNothing(this.#host.reader, change, direction)) return null;
    const { safetyProblem } = await loadSafety();
    return safetyProblem(this.#host.reader, change, direction, allowed);
  }

  /** Records the time limit for the confirmation, if there is one; `false` if that failed. */
  async #await(): Promise<boolean> {
    const { confirmBy } = this.#options;
    // A failed write may still have reached the disk.
    this.#awaits = confirmBy !== undefined;
    if (confirmBy === undefined) return true;
    const storing = await this.#journal.awaitConfirmation(confirmBy());
    if (storing === 'written') return true;
    this.#problems[this.#problems.length - 1] = unwritten(storing);
    return false;
  }

  async #mark(index: number, mark: JournalMark): Promise<Problem | null> {
    const storing = await this.#journal.mark(index, mark);
    return storing === 'written' ? null : unwritten(storing);
  }

  #settle(index: number, outcome: StepOutcome, problem: Problem | null): void {
    this.#outcomes[index] = outcome;
    this.#problems[index] = problem ?? this.#problems[index] ?? null;
    this.#options.onStep?.(index, outcome, problem?.message ?? null, problem?.code ?? null);
  }

  /** A step that can never be undone must not block later changes. */
  async #settleUnlessUndone(index: number, change: Change, problem: Problem): Promise<void> {
    const { unlessUndone } = kindOf(change);
    if (unlessUndone === 'left-if-held' && this.#isHeld(change)) {
      this.#settle(index, 'left', await this.#heldProblem(change, problem));
    } else this.#settle(index, unlessUndone === 'left' ? 'left' : 'stuck', problem);
  }

  #isHeld(change: Change): boolean {
    const functions = kindOf(change).functions(change, 'from') ?? [];
    return functions.some((address) => isHeldByKernel(this.#host.writer, address));
  }

  async #heldProblem(change: Change, problem: Problem): Promise<Problem> {
    // An accepted use may be what holds the device.
    const holder = await this.#use(change, 'to', NOTHING);
    return holder === null ? problem : new Problem(problem.code, `${problem.message}; ${holder.message}`);
  }

  #outcome(): ApplyOutcome {
    if (this.#outcomes.includes('stuck')) return 'stuck';
    return this.#outcomes.every((each) => each === 'done' || each === 'already') ? 'done' : 'undone';
  }
}

function loadSafety(): Promise<typeof import('./step-safety.ts')> {
  return import('./step-safety.ts');
}

function unwritten({ failed }: WriteFailure): Problem {
  return new Problem('JOURNAL_UNWRITTEN', `cannot write the journal: ${failed}`);
}
