/** Whether what an operation waits for has come. */
export type Condition = () => boolean;

/** Something that the kernel does, which may have to wait on the way: it yields what it waits for. */
export type Operation<T> = Generator<Condition, T, void>;

/** The name of what came of a write: `null` where it was taken, the kernel's word for the error otherwise. */
export type Answer = string | null;

/** Goes on once the condition holds. */
export function* until(condition: Condition): Operation<void> {
  if (!condition()) yield condition;
}

/** One call into the kernel, as the owner of the locks that it takes. */
export class Call {
  readonly #locks: Map<string, Call>;

  constructor(locks: Map<string, Call>) {
    this.#locks = locks;
  }

  /** Takes a lock, which the call keeps until it comes back; one that it has already, it has. */
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

/** Runs calls until they come back or have to wait, and those that wait when they can go on, the oldest first. */
export class Calls {
  readonly #locks = new Map<string, Call>();
  readonly #waiting = new Set<Waiting>();

  /** Whether a call that did not come back has this lock. */
  isLocked(name: string): boolean {
    return this.#locks.has(name);
  }

  run(make: (call: Call) => Answer | Operation<Answer>): Answer | 'blocked' {
    const call = new Call(this.#locks);
    const made = make(call);
    const answer = made === null || typeof made === 'string' ? made : this.#advance(made, call);
    // What it did may have been waited for.
    if (answer !== 'blocked') this.resume();
    return answer;
  }

  /** Lets calls go on whose wait is over. What comes of them, nobody hears. */
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
