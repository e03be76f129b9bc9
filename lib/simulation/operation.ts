/** Whether the condition of a waiting operation holds. */
export type Condition = () => boolean;

/** An operation of the kernel that may have to wait: it yields the condition. */
export type Operation<T> = Generator<Condition, T, void>;

/** The result of a write: `null` on success, otherwise the kernel's name for the error. */
export type Answer = string | null;

/** Continues when the condition holds. */
export function* until(condition: Condition): Operation<void> {
  if (!condition()) yield condition;
}

/** One call into the kernel, as the owner of its locks. */
export class Call {
  readonly #locks: Map<string, Call>;

  constructor(locks: Map<string, Call>) {
    this.#locks = locks;
  }

  /** Takes a lock, which the call keeps until it returns; succeeds if it already has the lock. */
  *lock(name: string): Operation<void> {
    yield* until(() => (this.#locks.get(name) ?? this) === this);
    this.#locks.set(name, this);
  }

  end(): void {
    for (const [name, owner] of [...this.#locks]) if (owner === this) this.#locks.delete(name);
  }
}

interface Waiting {
  readonly operation: Operation<Answer>;
  readonly call: Call;
  condition: Condition;
}

/** Runs calls until they return or have to wait, and resumes waiting ones, the oldest first. */
export class Calls {
  readonly #locks = new Map<string, Call>();
  readonly #waiting = new Set<Waiting>();

  /** Whether a blocked call has this lock. */
  isLocked(name: string): boolean {
    return this.#locks.has(name);
  }

  run(make: (call: Call) => Answer | Operation<Answer>): Answer | 'blocked' {
    const call = new Call(this.#locks);
    const made = make(call);
    const answer = made === null || typeof made === 'string' ? made : this.#advance(made, call);
    // Other calls may have waited for its effect.
    if (answer !== 'blocked') this.resume();
    return answer;
  }

  /** Resumes calls whose condition holds. Their results are discarded. */
  resume(): void {
    for (;;) {
      const ready = [...this.#waiting].find(({ condition }) => condition());
      if (ready === undefined) return;
      this.#waiting.delete(ready);
      this.#advance(ready.operation, ready.call);
    }
  }

  #advance(operation: Operation<Answer>, call: Call): Answer | 'blocked' {
    let isOver = true;
    try {
      const step = operation.next();
      if (step.done === true) return step.value;
      isOver = false;
      this.#waiting.add({ operation, call, condition: step.value });
      return 'blocked';
    } finally {
      if (isOver) call.end();
    }
  }
}
