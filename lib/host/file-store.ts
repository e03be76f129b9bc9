import type { WriteFailure } from './host-writer.ts';

/** The result of a change to a file: it is on the disk, or the error of the kernel. */
export type Storing = 'written' | WriteFailure;

/**
 * Files of portal-gun on the host: journals, records, configuration. Paths are absolute in the host. No method throws
 * for what the host answers. What is reported as written outlives a loss of power.
 */
export interface FileStore {
  /** A file as it stands; `null` where there is none. One of ours that others than root may have written fails. */
  read(path: string): Promise<string | null | WriteFailure>;
  /** Writes a file whole or not at all, with its folders where they are missing; one that may be run, where it is `executable`. */
  replace(path: string, text: string, executable?: boolean): Promise<Storing>;
  /** Adds to the end of a file, which is made with its folders where it is missing. */
  append(path: string, text: string): Promise<Storing>;
  /** Removes a file; one that is not there is removed already. */
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
