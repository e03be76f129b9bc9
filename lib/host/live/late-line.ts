import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Worker } from 'node:worker_threads';

/** A line that waits is printed or called off, and never both. */
const WAITING = 0;
const CALLED_OFF = 1;
const BEING_PRINTED = 2;
const PRINTED = 3;
/** A terminal that is stopped (Ctrl-S) keeps a line for as long as it likes. */
const MOST_WAIT_MS = 100;

/** Waits, without an event loop, and prints the line unless it was called off. */
const WAIT_AND_PRINT = `
const { workerData: { state, atMs, descriptor, line } } = require('node:worker_threads');
// To start a thread takes its time.
const waitMs = Math.max(0, atMs - Date.now());
if (Atomics.wait(state, 0, ${WAITING}, waitMs) === 'timed-out'
  && Atomics.compareExchange(state, 0, ${WAITING}, ${BEING_PRINTED}) === ${WAITING}) {
  try { require('node:fs').writeSync(descriptor, line); } catch {}
  Atomics.store(state, 0, ${PRINTED});
  Atomics.notify(state, 0);
}`;

export interface LateLineOptions {
  /** When it is printed, after the start of this process. */
  readonly afterMs: number;
  readonly descriptor: number;
}

/**
 * A line that is printed if it is not called off in time, also while this thread is busy: reads of a host are synchronous,
 * so a timer of its own would be late.
 */
export class LateLine {
  readonly #state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  private constructor() {}

  /** @param line is printed as it is */
  static async start(line: string, { afterMs, descriptor }: LateLineOptions): Promise<LateLine> {
    const { Worker: Thread } = await import('node:worker_threads');
    const late = new LateLine();
    try {
      const worker: Worker = new Thread(WAIT_AND_PRINT, {
        eval: true,
        execArgv: [],
        // Options that are meant for our own thread could make it print.
        env: {},
        workerData: { state: late.#state, atMs: performance.timeOrigin + afterMs, descriptor, line },
      });
      worker.on('error', () => undefined);
      worker.unref();
    } catch {
      // A host without room for a thread goes without the line.
    }
    return late;
  }

  /** @returns whether it was printed before */
  callOff(): boolean {
    const before = Atomics.compareExchange(this.#state, 0, WAITING, CALLED_OFF);
    Atomics.notify(this.#state, 0);
    // What is printed next comes after it.
    if (before === BEING_PRINTED) Atomics.wait(this.#state, 0, BEING_PRINTED, MOST_WAIT_MS);
    return before === BEING_PRINTED || before === PRINTED;
  }
}

/**
 * Whether this process shows its progress: its stderr is a terminal, and its stdout is one or a file. What reads a pipe
 * may show pages on the same terminal.
 */
export function showsProgress(): boolean {
  try {
    return isatty(2) && (isatty(1) || fstatSync(1).isFile());
  } catch {
    return false;
  }
}
