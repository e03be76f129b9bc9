import type { ErrorCode } from '../base/errors.ts';
import type { FileOutcome } from './file/output-folder.ts';

/** Files that the user names: read and written as that user. */
export interface UserFiles {
  /** Whether a regular file is there. */
  isFile(path: string): boolean;
  /** What a file that is read is called in errors. */
  nameOf(path: string): string;
  /**
   * The bytes of a file; `-` is standard input.
   *
   * @param code of the error if it cannot be read for another reason, or is longer than `maxBytes`
   * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, or of that code
   */
  read(path: string, maxBytes: number, code: ErrorCode): Uint8Array;
  /**
   * @param hint what to give in place of what is no regular file
   * @throws PortalGunError OUTPUT_FAILED if no file can be put at a path: it has no folder, or is no regular file
   */
  demandPlace(path: string, hint?: string): void;
  /**
   * Puts one file, whole or not at all.
   *
   * @throws PortalGunError FILE_EXISTS if it holds something else and is not to be replaced; OUTPUT_FAILED, PERMISSION_DENIED
   */
  put(path: string, content: string | Uint8Array, options: PutOptions): FileOutcome;
  /**
   * Puts files in a folder, all or none; the folder is made if only it is missing.
   *
   * @param files texts by name
   * @throws PortalGunError FILE_EXISTS, OUTPUT_FAILED, PERMISSION_DENIED
   */
  putFolder(
    folder: string,
    files: ReadonlyMap<string, string>,
    overwrites: boolean,
  ): ReadonlyMap<string, FileOutcome>;
  /** A path from the root. */
  absolute(path: string): string;
  /** The absolute path of what is at a path, with all links followed; `null` if nothing is there. */
  realPath(path: string): string | null;
  /** The names in a directory, sorted; `null` if there is no such directory, or it cannot be read. */
  list(path: string): readonly string[] | null;
  /**
   * Makes a new directory with files in it and below it, whole or not at all.
   *
   * @param files by their paths in it
   * @throws PortalGunError FILE_EXISTS if something is at its path; OUTPUT_FAILED, PERMISSION_DENIED
   */
  createTree(folder: string, files: ReadonlyMap<string, NewFile>): void;
}

/** A file that is to be made. */
export interface NewFile {
  readonly text: string;
  /** Whether it is a program; by default it is not. */
  readonly executable?: boolean;
}

/** Options for writing a file. */
export interface PutOptions {
  /** Whether only its owner may read it; everybody may by default. */
  readonly isPrivate?: boolean;
  /** Whether it is replaced if it holds something else. */
  readonly overwrites: boolean;
}
