import type { ErrorCode } from '../base/errors.ts';
import type { FileContent } from './file/file-content.ts';
import type { FileOutcome } from './file/output-folder.ts';

/** Files that the user names: read and written as that user. */
export interface UserFiles {
  /** Whether a regular file is there. */
  isFile(path: string): boolean;
  /** The name of an input file in errors. */
  nameOf(path: string): string;
  /**
   * The bytes of a file; `-` is stdin.
   *
   * @param code of the error if it cannot be read for another reason, or is longer than `maxBytes`
   * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, or of that code
   */
  read(path: string, maxBytes: number, code: ErrorCode): Uint8Array;
  /**
   * @param hint the hint if the path is not a regular file
   * @throws PortalGunError OUTPUT_FAILED if no file can be written at a path: it has no folder, or is not a regular
   * file
   */
  demandPlace(path: string, hint?: string): void;
  /**
   * Writes one file, whole or not at all.
   *
   * @throws PortalGunError FILE_EXISTS if it has other content and must not be replaced; OUTPUT_FAILED,
   * PERMISSION_DENIED
   */
  put(path: string, content: FileContent, options: PutOptions): FileOutcome;
  /**
   * The bytes of a regular file as they are, also of a `.gz`, and its permissions.
   *
   * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED; BAD_ARGUMENT if it is not a regular file, longer than `maxBytes`, or
   *   cannot be read
   */
  readWhole(path: string, maxBytes: number): WholeFile;
  /**
   * Writes one file, whole or not at all, with exactly its permissions.
   *
   * @throws PortalGunError FILE_EXISTS if one is there and must not be replaced; OUTPUT_FAILED, PERMISSION_DENIED
   */
  putWhole(path: string, file: WholeFile, overwrites: boolean): void;
  /**
   * Writes all files into a folder, or none; creates the folder if only its last part is missing.
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
  /** What is at a path, without following a link at its end; `null` if nothing is there, or it cannot be read. */
  entry(path: string): EntryKind | null;
  /**
   * Why root must not run a file that one user wrote: another user can change it, or a directory above it.
   *
   * @param path absolute
   * @param owner the id of the user who may own it beside root and the user of this process; `null` for no other
   */
  distrustOf(path: string, owner: number | null): { readonly path: string; readonly what: string } | null;
  /**
   * Makes a new directory with files in it and below it, whole or not at all.
   *
   * @param files by their paths in it
   * @throws PortalGunError FILE_EXISTS if something is at its path; OUTPUT_FAILED, PERMISSION_DENIED
   */
  createTree(folder: string, files: ReadonlyMap<string, NewFile>): void;
}

/** `program` is a file that can be executed. */
export type EntryKind = 'file' | 'program' | 'folder' | 'link' | 'other';

/** A file that is to be made. */
export interface NewFile {
  readonly text: string;
  /** Whether it is a program; by default it is not. */
  readonly executable?: boolean;
}

/** A file with its permissions. */
export interface WholeFile {
  readonly bytes: Uint8Array;
  /** Permission bits, 0 to `0o777`. */
  readonly mode: number;
}

/** Options for writing a file. */
export interface PutOptions {
  /** Whether only its owner may read it; by default all users may. */
  readonly isPrivate?: boolean;
  /** Whether a file with other content is replaced. */
  readonly overwrites: boolean;
  /** Whether a file that is replaced keeps its owner and permissions; an owner only if this process can set it. */
  readonly keepsOwner?: boolean;
}
