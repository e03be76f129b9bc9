import type { DialogueProcess } from './dialogue.ts';
import type { OutputStream } from './output.ts';

/** The parts of its process that a program needs. */
export interface ProcessLike extends DialogueProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Keeps the memory of the process small, which takes some of its time. */
  saveMemory?(): void;
  exitCode?: number | string | null | undefined;
  /**
   * Prints a line on stderr, unless it is called off before: some time after the start of the process, also while the
   * program is busy. `null` if nothing is printed, because it is no terminal.
   */
  printLate?(line: string, afterMs: number): Promise<{ callOff(): boolean } | null>;
}
