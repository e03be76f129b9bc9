import type { Cancellation } from '../base/cancelled.ts';

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
  /** Its working directory; `/` by default. */
  readonly folder?: string;
  /** Ends the program, and what it started, soon after it is aborted. */
  readonly signal?: Cancellation;
  /** Gets what the program prints on both streams, as it comes: for the progress of a program that takes minutes. */
  readonly onOutput?: (text: string) => void;
  /** Whether what it prints is returned; if not, only `onOutput` gets it, and it is not limited. True by default. */
  readonly keepsOutput?: boolean;
}

/** The file that a program which is kept open can open to read the `input` of a request. */
export const OPEN_INPUT = '/dev/fd/3';

export interface AskOptions {
  /** How long the answer may take; {@link RUN_TIMEOUT_MS} by default. */
  readonly timeoutMs?: number;
  /** The contents of {@link OPEN_INPUT} until the answer is there; an empty file by default. */
  readonly input?: string;
}

/** What a program printed since its last answer; or how it ended, if it ended before it answered. */
export type ProgramAnswer =
  | { readonly kind: 'answered'; readonly stdout: string; readonly stderr: string }
  | Exclude<Run, { readonly kind: 'missing' }>;

/** A program that runs until it is closed, and answers requests that it reads from its stdin. */
export interface OpenProgram {
  /** `false` once it ended, also if it ended by itself. */
  readonly isOpen: boolean;
  /**
   * Writes a request to its stdin, and waits for the answer. One at a time. Does not throw if the program fails. A
   * program that does not answer in time is killed, and the answer is `failed`.
   *
   * @param until the end of an answer: both streams print it
   */
  ask(request: string, until: string, options?: AskOptions): Promise<ProgramAnswer>;
  /** Closes its stdin, and waits until it ended. Kills a program that does not end soon. */
  close(): Promise<void>;
}

/** A program that runs, or why it does not. */
export type Opening =
  | { readonly kind: 'open'; readonly program: OpenProgram }
  | Exclude<Run, { readonly kind: 'exited' }>;

/** Programs of the host: each argument is passed unchanged, without a shell. */
export interface Runner {
  /** Runs a program to its end. Failures are returned, not thrown. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Run>;
  /**
   * Starts a program that answers requests. A runner without it runs a program for each request, which takes longer.
   * The program ends with ours at the latest, when its stdin is closed.
   */
  readonly open?:
    | ((
        program: string,
        args: readonly string[],
        options?: Pick<RunOptions, 'environment'>,
      ) => Promise<Opening>)
    | undefined;
}
