/** The limits of an evaluation. */
export const EVALUATION_LIMITS = {
  /** For the whole process. */
  timeoutMs: 10_000,
  /** Of its JavaScript heap. */
  memoryMiB: 256,
  /** Of the value, in characters of JSON. */
  maxJson: 1024 * 1024,
} as const;

/** A program in TypeScript that gives a value. */
export interface EvaluationRequest {
  /** The name of the file whose default export is the value: `machines/r0/machine.ts`. */
  readonly entry: string;
  /** The texts of the entry and of all files that it can import, by their names; those that end in `.json` are JSON. */
  readonly files: Readonly<Record<string, string>>;
  /** Files that cannot be imported, with the reason: `does not exist`. */
  readonly refused: Readonly<Record<string, string>>;
  /** Plain JavaScript that runs first: an expression of a function that gets the facts, and returns the global names. */
  readonly helpers: string;
  /** A value of JSON. */
  readonly facts: unknown;
}

/** A place in one of the files; lines and columns begin with 1. */
interface EvaluationPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The value of a program, or why it has none. */
export type Evaluated =
  | {
      readonly kind: 'value';
      readonly json: string;
      /** The call of `defineMachine` that made the value; `null` if none did. */
      readonly at: EvaluationPlace | null;
    }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly hint: string | null;
      readonly at: EvaluationPlace | null;
    };

/**
 * Evaluates programs that other people wrote: each in a process that can read no file, starts no process, has no
 * environment and no rights of root, and is limited in time and memory. The same request gives the same value.
 */
export interface Evaluator {
  evaluate(request: EvaluationRequest): Promise<Evaluated>;
}
