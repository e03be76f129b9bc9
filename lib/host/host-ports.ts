import type { Background } from './background.ts';
import type { Channel, ChannelFailure } from './channel.ts';
import type { Evaluator } from './evaluator.ts';
import type { HeldLock } from './file-lock.ts';
import type { FileStore } from './file-store.ts';
import type { GrowingFile } from './growing-file.ts';
import type { HostReader, Reading } from './host-reader.ts';
import type { HostWriter } from './host-writer.ts';
import type { LargeFiles } from './large-files.ts';
import type { RomReader } from './rom-reader.ts';
import type { Runner } from './runner.ts';
import type { UserFiles } from './user-files.ts';

/**
 * The machine that a session runs on. All reads, runs and writes use these ports. Ports that most sessions do not
 * need are opened on demand.
 */
export interface HostPorts {
  readonly reader: HostReader;
  readonly runner: Runner;
  readonly background: Background;
  readonly user: User;
  /** ISO 8601 in UTC. */
  now(): string;
  /** Time in ms that never goes back, from any start. */
  monotonicMs(): number;
  /** Waits; no longer than until a signal. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  openFiles(): Promise<FileStore>;
  /** Opens the kernels and images of portal-gun. */
  openLargeFiles(): Promise<LargeFiles>;
  /** Opens the files that the user of the program names. */
  openUserFiles(): Promise<UserFiles>;
  /** Opens what evaluates definitions that are programs. */
  openEvaluator(): Promise<Evaluator>;
  /** Opens what writes attributes; close it after the last write. */
  openWriter(): Promise<ClosableWriter>;
  openRoms(maxBytes: number): Promise<RomReader>;
  /**
   * Takes the lock that only one changing program has at a time.
   *
   * @returns a function that releases it
   * @throws PortalGunError HOST_LOCKED, PERMISSION_DENIED, TOOL_MISSING
   */
  lock(): Promise<() => void>;
  /**
   * Takes the lock that a file stands for.
   *
   * @param note who has it, in one line, for whoever meets it
   * @returns what releases it, or who has it
   * @throws PortalGunError PERMISSION_DENIED, OUTPUT_FAILED, TOOL_MISSING
   */
  lockFile(path: string, note: string): Promise<(() => void) | HeldLock>;
  /** Connects to a unix socket. */
  openChannel(path: string, timeoutMs: number): Promise<Channel | ChannelFailure>;
  /** Opens a file that another program writes to; `null` if there is none. */
  openGrowing(path: string): Promise<Reading<GrowingFile>>;
}

/** A writer that holds a process until it is closed. */
export interface ClosableWriter extends HostWriter {
  close(): void;
}

/** The user who runs the session, and the name of the program. */
export interface User {
  readonly isRoot: boolean;
  /** `null` for a user without a name. */
  readonly name: string | null;
  /** The id of the process of the session. */
  readonly processId: number;
  /** A variable of the environment; `null` if it is not set. */
  variable(name: string): string | null;
  /** The words that start `pci` of this package: the interpreter and its file; `null` if the file does not exist. */
  programWords(): readonly string[] | null;
  /** Why root must not run a program later: another user can change it; `null` if only root can. */
  distrustOf(words: readonly string[]): { readonly path: string; readonly what: string } | null;
}
