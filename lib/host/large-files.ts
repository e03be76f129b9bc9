import type { Cancellation } from '../base/cancelled.ts';

/** The content of a file. */
export interface FileContent {
  /** In lowercase hexadecimal digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface CopyOptions {
  readonly mode: number;
  /** Ends the work early: it throws {@link Cancelled}, and nothing is left. */
  readonly signal?: Cancellation | undefined;
  /** The id of a user whose file is trusted as one of root: libvirt gives files to the user of QEMU while a VM runs with them. */
  readonly owner?: number | undefined;
  /** Gets how much is done, from time to time. */
  readonly onProgress?: ((doneBytes: number, allBytes: number) => void) | undefined;
}

/**
 * Large files of the host, below directories that only root can write: kernels, disk images. Paths are absolute. Files
 * are streamed, never read as a whole. A file is at its place completely, on the disk, or not at all.
 */
export interface LargeFiles {
  /** A regular file, through symbolic links; `null` if there is none. */
  status(path: string): Promise<FileStatus | null>;
  /**
   * Some bytes of a file; fewer at its end.
   *
   * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, STORE_FAILED
   */
  read(path: string, offset: number, length: number): Promise<Uint8Array>;
  /**
   * The content of a file, by which it is checked before it is used.
   *
   * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, STORE_FAILED
   * @throws Cancelled
   */
  content(path: string, options?: Omit<CopyOptions, 'mode'>): Promise<FileContent>;
  /**
   * Fails if a directory, which is created if it is missing, has no room for a number of bytes.
   *
   * @throws PortalGunError NO_SPACE, PERMISSION_DENIED, STORE_FAILED
   */
  demandSpace(folder: string, bytes: number): Promise<void>;
  /**
   * Puts a copy of a file, or bytes, at a path that may depend on the content. Holes of a sparse file stay holes.
   *
   * @returns the content, and whether the path did not have it before
   * @throws PortalGunError NO_SPACE, NOT_FOUND, PERMISSION_DENIED, STORE_FAILED
   * @throws Cancelled
   */
  put(
    source: string | Uint8Array,
    placeOf: (content: FileContent) => string,
    options: CopyOptions,
  ): Promise<FileContent & { readonly isNew: boolean }>;
  /** Moves a file of a scratch directory to a path of the same file system, instead of a copy. Otherwise as {@link put}. */
  adopt(source: string, path: string, options: CopyOptions): Promise<FileContent>;
  /**
   * Removes a file; one that is not there is removed already.
   *
   * @throws PortalGunError PERMISSION_DENIED, STORE_FAILED
   */
  remove(path: string): Promise<void>;
  /** The names of the regular files in a directory, sorted; none if it does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /**
   * Opens an empty directory for work, and removes those that killed processes left.
   *
   * @throws PortalGunError PERMISSION_DENIED, STORE_FAILED
   */
  openScratch(): Promise<ScratchFolder>;
}

export interface FileStatus {
  /** Without symbolic links. */
  readonly realPath: string;
  readonly sizeBytes: number;
  /** What it takes on the disk: less than its size if it is sparse. */
  readonly storedBytes: number;
}

/** A directory that is gone when it is closed. Names are relative to it, and no symbolic link in it is followed. */
export interface ScratchFolder {
  readonly path: string;
  /** The regular files below a directory of it, as paths from the scratch directory, sorted. */
  list(folder?: string): Promise<readonly string[]>;
  /** @throws PortalGunError STORE_FAILED, also if it is longer than `maxBytes` */
  read(name: string, maxBytes: number): Promise<Uint8Array>;
  write(name: string, content: string | Uint8Array): Promise<void>;
  makeFolder(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}
