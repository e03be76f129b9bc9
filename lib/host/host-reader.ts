import { BROKEN, DENIED, type Known, UNREAD, type UnknownReason } from '../base/known.ts';

/** The type of a file, and its permissions. */
export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'character' | 'block' | 'other';
  /** The twelve bits of its permissions: 0o660. */
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
}

/** The device of a node. */
export interface DeviceNumber {
  readonly kind: 'character' | 'block';
  /** `major:minor`: `226:128`. */
  readonly number: string;
}

/** A failed read of something that exists. */
export interface ReadFailure {
  readonly unknown: UnknownReason;
  /** The kernel's name for it (`EIO`), or a sentence of the port. */
  readonly detail: string;
}

/** The result of a read: the value, `null` if the path does not exist, or why the read failed. */
export type Reading<T> = T | null | ReadFailure;

/** Whether a reading failed. */
export function isFailure(reading: unknown): reading is ReadFailure {
  return typeof reading === 'object' && reading !== null && 'unknown' in reading;
}

/** A reading as a fact, without the detail of a failure. */
export function knownOf<T>(reading: Reading<T>): Known<T> {
  if (!isFailure(reading)) return reading;
  return { denied: DENIED, broken: BROKEN, unread: UNREAD }[reading.unknown];
}

/** The kernel's name for the error of a failed call. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** The meaning of a failed read: absent, denied, or broken. */
export function failure(error: unknown): null | ReadFailure {
  const code = errorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return null;
    case 'EACCES':
    case 'EPERM':
      return { unknown: 'denied', detail: code };
    default:
      return { unknown: 'broken', detail: code };
  }
}

/** The limit for reading one attribute: sysfs gives a page, configuration space and VPD at most 32 KiB. */
export const MAX_ATTRIBUTE_BYTES = 64 * 1024;

/** The limit for reading one table by {@link HostReader.readLines}. */
export const MAX_TABLE_BYTES = 32 * 1024 * 1024;

/**
 * A host that can only be read: the live machine, a directory that contains a `sys/`, or a snapshot. Paths are
 * absolute in the host (`/sys/bus/pci/devices`). Synchronous, because reads of sysfs never wait for a disk. Failures
 * are returned, not thrown; every read is bounded.
 */
export interface HostReader {
  /** The name of the host, or the path that was given. */
  readonly label: string;

  /** The bytes of a file, at most {@link MAX_ATTRIBUTE_BYTES}; a longer file fails with EFBIG. */
  readBytes(path: string): Reading<Uint8Array>;

  /** A file as UTF-8 text, unchanged, bounded as {@link readBytes}. */
  readText(path: string): Reading<string>;

  /** The target of a symbolic link, as written in it. `null` if there is no link. */
  readLink(path: string): Reading<string>;

  /** The names in a directory, sorted by code unit. */
  list(path: string): Reading<readonly string[]>;

  /** The type and permissions of a path, with links followed; the file is not opened. */
  status(path: string): Reading<FileStatus>;

  /**
   * The device of the node at the path; `null` if it is not a node, or does not exist. On the live machine links are
   * followed, including those of `/proc/PID/fd`, which lead to nodes below another root, and to deleted ones. Below
   * any other root a link is `unread`, because it would lead to a node of this machine.
   */
  deviceNumber(path: string): Reading<DeviceNumber>;

  /** Whether a path exists, with links followed; `false` also if that cannot be determined. */
  exists(path: string): boolean;

  /**
   * The lines of a large text file that begin with one of the prefixes, in the order of the file. For tables such as
   * `modules.alias`: a snapshot contains only the lines that were requested.
   */
  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]>;

  /** A large text file, unchanged, for a table in which the order of all lines counts. */
  readTable(path: string): Reading<string>;

  /**
   * The stdout of a program that asks the kernel for data that no file contains; `null` if there is no such program.
   * Only the running machine can be asked: other hosts do not have this method.
   */
  ask?(program: AskedProgram, args: readonly string[]): Reading<string>;
}

/** Whether a host is the running machine, and not a captured one. */
export function isRunning(host: HostReader): boolean {
  return host.ask !== undefined;
}

/** The programs that {@link HostReader.ask} runs. With the arguments of the readers they change nothing. */
export type AskedProgram = 'ip' | 'nsenter' | 'rdma' | 'ss';
