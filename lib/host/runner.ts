import type { Cancellation } from '../base/cancelled.ts';

/**
 * The result of a program.
 *
 * - `exited`: it ended by itself.
 * - `missing`: there is no such program.
 * - `failed`: it could not be started, was ended by a signal, or did not end in time; `detail` says which.
 */
export type Run =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly detail: string };

/** How long a program is waited for where the caller does not say. */
export const RUN_TIMEOUT_MS = 60_000;

export interface RunOptions {
  /** {@link RUN_TIMEOUT_MS} by default. */
  readonly timeoutMs?: number;
  /** What it reads on standard input, which it can also open as `/dev/stdin`; nothing by default. */
  readonly input?: string;
  /** Variables of its environment, besides those that it has anyway. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Its working directory; `/` by default. */
  readonly folder?: string;
  /** Ends the program, and what it started, soon after it is aborted. */
  readonly signal?: Cancellation;
  /** Gets what the program prints on both streams, as it comes: for the progress of a program that takes minutes. */
  readonly onOutput?: (text: string) => void;
}

/** Programs of the host: each argument is passed unchanged, without a shell. */
export interface Runner {
  /** Runs a program to its end. Does not throw for what comes of it. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Run>;
}
