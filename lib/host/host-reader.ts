import { BROKEN, DENIED, type Known, UNREAD, type UnknownReason } from '../base/known.ts';

/** What a file is, and who may do what with it. */
export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'character' | 'block' | 'other';
  /** The twelve bits of its permissions: 0o660. */
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
}

/** Which device a node is of. */
export interface DeviceNumber {
  readonly kind: 'character' | 'block';
  /** `major:minor`: `226:128`. */
  readonly number: string;
}

/** A failed read of something that exists. */
export interface ReadFailure {
  readonly unknown: UnknownReason;
  /** The kernel's word for it (`EIO`), or a sentence of the port's own. */
  readonly detail: string;
}

/** The result of a read: the value, `null` if the path does not exist, or why the read failed. */
export type Reading<T> = T | null | ReadFailure;

/** Whether a reading failed. */
export function isFailure(reading: unknown): reading is ReadFailure {
  return typeof reading === 'object' && reading !== null && 'unknown' in reading;
}

/** A reading as a fact: why it could not be had, without the kernel's word for it. */
export function knownOf<T>(reading: Reading<T>): Known<T> {
  if (!isFailure(reading)) return reading;
  return { denied: DENIED, broken: BROKEN, unread: UNREAD }[reading.unknown];
}

/** The kernel's name for what a failed call threw. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** What a failed read means: nothing there, refused, or broken. */
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

/** The most that is read of one attribute: sysfs gives a page, configuration space and VPD at most 32 KiB. */
export const MAX_ATTRIBUTE_BYTES = 64 * 1024;

/** The most that is read of one table by {@link HostReader.readLines}. */
export const MAX_TABLE_BYTES = 32 * 1024 * 1024;

/**
 * A host that can only be read: the live machine, a directory that holds a `sys/`, or a snapshot. Paths are absolute
 * in the host (`/sys/bus/pci/devices`). Synchronous, since reads of sysfs never wait for a disk. No method throws for
 * what it meets; every read is bounded.
 */
export interface HostReader {
  /** What the host is called: its name, or the path that was given. */
  readonly label: string;

  /** The bytes of a file, at most {@link MAX_ATTRIBUTE_BYTES}; a longer file fails with EFBIG. */
  readBytes(path: string): Reading<Uint8Array>;

  /** A file as UTF-8 text, as it stands, bounded as {@link readBytes}. */
  readText(path: string): Reading<string>;

  /** Where a symbolic link points, as written in it. `null` where there is no link. */
  readLink(path: string): Reading<string>;

  /** The names in a directory, sorted by code unit. */
  list(path: string): Reading<readonly string[]>;

  /** What is at the path, links followed; it is not opened. */
  status(path: string): Reading<FileStatus>;

  /**
   * Which device the node at the path is of; `null` if something else is there, or nothing. On the live machine links
   * are followed, also those of `/proc/PID/fd`, which lead to nodes below another root, and to deleted ones. Below any
   * other root a link is `unread`: it would lead to a node of this machine.
   */
  deviceNumber(path: string): Reading<DeviceNumber>;

  /** Whether something is at the path, links followed; `false` also where that can't be found out. */
  exists(path: string): boolean;

  /**
   * The lines of a large text file that begin with one of the prefixes, in the order of the file. For
   * tables such as `modules.alias`, of which a snapshot holds only the lines that were asked for.
   */
  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]>;

  /** A large text file as it is, for a table in which the order of all lines counts. */
  readTable(path: string): Reading<string>;

  /**
   * The standard output of a program that asks the kernel something which no file contains; `null` if there is no such
   * program. Only the running machine can be asked: any other host lacks this method.
   */
  ask?(program: AskedProgram, args: readonly string[]): Reading<string>;
}

/** Whether a host is the running machine, of which everything can be read by whoever may, and not one that was captured. */
export function isRunning(host: HostReader): boolean {
  return host.ask !== undefined;
}

/** The programs that {@link HostReader.ask} runs. They change nothing with the arguments that readers give. */
export type AskedProgram = 'ip' | 'nsenter' | 'rdma' | 'ss';
