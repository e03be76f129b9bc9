import { Problem, type ProblemCode } from '../base/problem.ts';
import type { WriteFailure } from '../host/host-writer.ts';
import type { Change } from '../plan/change.ts';
import type { Direction } from '../plan/change-kind.ts';
import { kindOf } from '../plan/change-kinds.ts';
import type { Plan, Step } from '../plan/plan.ts';
import type { ApplyOutcome, ApplyReport, StepOutcome } from './apply-report.ts';

import { loadMakers, observe } from './change-makers.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { isHeldByKernel } from './changes/driver.ts';
import type { Journal } from './journal.ts';
import type { JournalMark } from './journal-parser.ts';
import { PlanPrograms } from './plan-programs.ts';
import { guardProblem } from './step-guards.ts';
import { safetyProblem } from './step-safety.ts';

const NOTHING: ReadonlySet<string> = new Set();
const CHANGED = new Problem('CHANGED_MEANWHILE', 'its state changed after the plan was made');

/** Options for applying a plan. */
export interface ApplyOptions {
  /** The names of safety rules that are lifted; none by default. The journal keeps them. */
  readonly allowed?: ReadonlySet<string>;
  /** Told of each step that is begun, by its index, and of what became of it, with the problem and its code if there was one. */
  readonly onStep?: (
    index: number,
    state: 'begun' | StepOutcome,
    problem: string | null,
    problemCode: ProblemCode | null,
  ) => void;
  /**
   * Where what is made has to be confirmed: asked once all is, gives by when, in ms since the machine started. The
   * journal is kept then.
   */
  readonly confirmBy?: () => number;
  /** Stops before the next step once it is aborted; what was made is undone. */
  readonly signal?: { readonly aborted: boolean };
}

/** A plan on its way to a host: its steps forward, and back again, with the journal kept on each. */
export class Application {
  readonly #plan: Plan;
  readonly #host: ChangeableHost;
  readonly #programs: PlanPrograms;
  readonly #journal: Journal;
  readonly #options: ApplyOptions;
  readonly #outcomes: StepOutcome[];
  readonly #problems: (Problem | null)[];
  #interrupted = false;
  #awaits = false;

  constructor(plan: Plan, host: ChangeableHost, journal: Journal, options: ApplyOptions) {
    this.#plan = plan;
    this.#programs = new PlanPrograms(host.runner);
    this.#host = { ...host, runner: this.#programs };
    this.#journal = journal;
    this.#options = options;
    this.#outcomes = plan.steps.map(() => 'untouched');
    this.#problems = plan.steps.map(() => null);
  }

  /** Takes steps for begun, in an application that was cut short, or that awaits confirmation. */
  resume(begun: readonly number[], awaits: boolean): void {
    this.#awaits = awaits;
    for (const index of begun) this.#outcomes[index] = 'done';
  }

  /** Makes every step in order; `false` where it stopped before the end. */
  async forward(): Promise<boolean> {
    await loadMakers(this.#plan);
    for (const [index, step] of this.#plan.steps.entries()) {
      if (this.#options.signal?.aborted === true) {
        this.#interrupted = true;
        return false;
      }
      const problem = await this.#make(index, step);
      if (problem !== null) {
        this.#problems[index] = problem;
        return false;
      }
    }
    return this.#await();
  }

  /** Puts back every step that was begun, the last first, whether or not one can't be. */
  async back(): Promise<void> {
    await loadMakers(this.#plan);
    // From here on there is nothing whole left that could be confirmed.
    if (this.#awaits) await this.#journal.awaitConfirmation(null);
    this.#awaits = false;
    for (const [index, step] of [...this.#plan.steps.entries()].reverse()) {
      if (this.#outcomes[index] !== 'done') continue;
      const { change } = step;
      const observed = await observe(this.#host, change);
      const problem = (await observed.isAt('from'))
        ? null
        : (this.#guard(step, 'from') ?? this.#safety(change, 'from') ?? (await observed.reach('from')));
      // What can't be written down is found out again by whoever recovers.
      if (problem === null) await this.#journal.mark(index, 'undone');
      if (problem === null) this.#settle(index, 'undone', null);
      else this.#settleUnlessUndone(index, change, problem);
    }
  }

  /** Ends the journal where the host is as asked or as it was, and says what came of it all. */
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

  /** Closes the programs that its steps kept open. */
  close(): Promise<void> {
    return this.#programs.close();
  }

  async #make(index: number, step: Step): Promise<Problem | null> {
    const { change } = step;
    const wasBegun = this.#outcomes[index] === 'done';
    const obstacle = this.#guard(step, 'to');
    if (obstacle !== null) return obstacle;
    const observed = await observe(this.#host, change);
    // What was begun may look done in the middle.
    if (!wasBegun) {
      if (await observed.isAt('to')) {
        this.#settle(index, 'already', null);
        return null;
      }
      if (!(await observed.isAt('from'))) return observed.problem ?? CHANGED;
    }
    // What is there already takes nothing more.
    const use = (await observed.isAt('to')) ? null : this.#safety(change, 'to');
    if (use !== null) return use;
    const unmarked = await this.#mark(index, 'begun');
    if (unmarked !== null) return unmarked;
    this.#options.onStep?.(index, 'begun', null, null);
    // Begun is as good as done: it has to be put back.
    this.#outcomes[index] = 'done';
    const problem = (await observed.reach('to')) ?? (await this.#mark(index, 'done'));
    if (problem === null) this.#settle(index, 'done', null);
    return problem;
  }

  #guard(step: Step, direction: Direction): Problem | null {
    return guardProblem(this.#plan, step, direction, this.#host.reader);
  }

  #safety(change: Change, direction: Direction): Problem | null {
    return safetyProblem(this.#host.reader, change, direction, this.#options.allowed ?? NOTHING);
  }

  /** Writes down by when all of it has to be confirmed, where it has; `false` where that can't be. */
  async #await(): Promise<boolean> {
    const { confirmBy } = this.#options;
    // A line that is said not to be written may be there all the same.
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

  /** What nobody could put back, now or later, must not keep others from being changed. */
  #settleUnlessUndone(index: number, change: Change, problem: Problem): void {
    const { unlessUndone } = kindOf(change);
    if (unlessUndone === 'left-if-held' && this.#isHeld(change)) {
      this.#settle(index, 'left', this.#heldProblem(change, problem));
    } else this.#settle(index, unlessUndone === 'left' ? 'left' : 'stuck', problem);
  }

  #isHeld(change: Change): boolean {
    const functions = kindOf(change).functions(change, 'from') ?? [];
    return functions.some((address) => isHeldByKernel(this.#host.writer, address));
  }

  #heldProblem(change: Change, problem: Problem): Problem {
    // What was allowed may be what holds it.
    const holder = safetyProblem(this.#host.reader, change, 'to', NOTHING);
    return holder === null ? problem : new Problem(problem.code, `${problem.message}; ${holder.message}`);
  }

  #outcome(): ApplyOutcome {
    if (this.#outcomes.includes('stuck')) return 'stuck';
    return this.#outcomes.every((each) => each === 'done' || each === 'already') ? 'done' : 'undone';
  }
}

function unwritten({ failed }: WriteFailure): Problem {
  return new Problem('JOURNAL_UNWRITTEN', `cannot write the journal: ${failed}`);
}
