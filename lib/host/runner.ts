/**
 * The result of a program.
 *
 * - `exited`: it ended by itself.
 * - `missing`: there is no such program.
 * - `failed`: it could not be started, was ended by a signal, or did not end in time; `detail` gives the reason.
 */
export type Run =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly detail: string };

/** The default time limit of a program. */
export const RUN_TIMEOUT_MS = 60_000;

export interface RunOptions {
  /** {@link RUN_TIMEOUT_MS} by default. */
  readonly timeoutMs?: number;
  /** Its stdin, which it can also open as `/dev/stdin`; empty by default. */
  readonly input?: string;
  /** Environment variables in addition to the usual ones. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Programs of the host: each argument is passed unchanged, without a shell. */
export interface Runner {
  /** Runs a program to its end. Failures are returned, not thrown. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Run>;
}
