import type { WriteFailure } from './host-writer.ts';

/** The result of a change to a file: it is on the disk, or the error of the kernel. */
export type Storing = 'written' | WriteFailure;

/**
 * Files of portal-gun on the host: journals, records, configuration. Paths are absolute in the host. Failures of the
 * host are returned, not thrown. If a write is reported as done, its data survives a power loss.
 */
export interface FileStore {
  /**
   * The text of a file; `null` if there is none. A file of portal-gun fails if users other than root may have written
   * it.
   */
  read(path: string): Promise<string | null | WriteFailure>;
  /** Writes a whole file or nothing, and creates missing folders; with `executable`, a file that can be run. */
  replace(path: string, text: string, executable?: boolean): Promise<Storing>;
  /** Appends to a file, and creates the file and its folders if they are missing. */
  append(path: string, text: string): Promise<Storing>;
  /** Removes a file; succeeds if there is none. */
  remove(path: string): Promise<Storing>;
  /** Whether there is a regular file. */
  isFile(path: string): Promise<boolean>;
  /** Whether there is a folder. */
  isFolder(path: string): Promise<boolean>;
  /** Makes a folder, with those above it that are missing; one that is there is made already. */
  makeFolder(path: string): Promise<Storing>;
  /** Removes a folder, if it is empty or with everything in it; one that is not there is removed already. */
  removeFolder(path: string, withContent: boolean): Promise<Storing>;
  /** Gives a file another path in the same folder. */
  move(from: string, to: string): Promise<Storing>;
  /** The names in a folder, sorted; none where there is no such folder. */
  list(path: string): Promise<readonly string[] | WriteFailure>;
}
