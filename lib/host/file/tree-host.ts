import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import {
  type DeviceNumber,
  errorCode,
  type FileStatus,
  failure,
  type HostReader,
  MAX_ATTRIBUTE_BYTES,
  MAX_TABLE_BYTES,
  type ReadFailure,
  type Reading,
} from '../host-reader.ts';
import { distrustOf } from './own-files.ts';
import { TreePaths } from './tree-paths.ts';

const PAGE_BYTES = 4096;
const NO_ERROR = { throwIfNoEntry: false } as const;
const MAX_MISSED = 1024;
const KEPT_TABLE_BYTES = 64 * 1024;

// Never wait for the other end of a FIFO, and never follow an attribute that is a link: sysfs has none.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;

/**
 * A host that is a directory tree: `/` for the live machine, or any directory that contains a `sys/`.
 *
 * `root` is prefixed to every path; it is `''` for the live machine. No link leads out of a root.
 */
export class TreeHost implements HostReader {
  readonly label: string;
  /** `null` for the live machine, whose paths are its own. */
  readonly #paths: TreePaths | null;
  #kept: { readonly version: string; readonly table: Buffer } | null = null;
  /**
   * Names that were missing or unreadable in some folder. A file that one device lacks is missing for most devices,
   * and an exception takes several times as long as a check.
   */
  readonly #missed = new Set<string>();
  readonly #buffer = Buffer.allocUnsafeSlow(MAX_ATTRIBUTE_BYTES + 1);

  constructor(root: string, label: string) {
    this.#paths = root === '' ? null : new TreePaths(root);
    this.label = label;
  }

  readBytes(path: string): Reading<Uint8Array> {
    const length = this.#fill(path);
    return typeof length === 'number' ? new Uint8Array(this.#buffer.subarray(0, length)) : length;
  }

  readText(path: string): Reading<string> {
    const length = this.#fill(path);
    return typeof length === 'number' ? this.#buffer.toString('utf8', 0, length) : length;
  }

  readLink(path: string): Reading<string> {
    try {
      const at = this.#paths?.entry(path) ?? path;
      const isMissed = this.#isMissed(path);
      if (isMissed && lstatSync(at, NO_ERROR)?.isSymbolicLink() !== true) return null;
      const target = readlinkSync(at);
      if (isMissed) this.#missed.delete(lastName(path));
      return target;
    } catch (error) {
      this.#miss(path);
      // EINVAL: the path exists, but is not a link.
      return errorCode(error) === 'EINVAL' ? null : failure(error);
    }
  }

  list(path: string): Reading<readonly string[]> {
    try {
      return (this.#paths?.names(path) ?? readdirSync(path)).sort();
    } catch (error) {
      return failure(error);
    }
  }

  status(path: string): Reading<FileStatus> {
    try {
      const stats = statSync(this.#paths?.whole(path) ?? path);
      return { kind: kindOf(stats), mode: stats.mode & 0o7777, userId: stats.uid, groupId: stats.gid };
    } catch (error) {
      return failure(error);
    }
  }

  deviceNumber(path: string): Reading<DeviceNumber> {
    try {
      const stats =
        this.#paths === null
          ? statSync(path, { bigint: true })
          : lstatSync(this.#paths.entry(path), { bigint: true });
      if (stats.isSymbolicLink()) return { unknown: 'unread', detail: 'a link of another host' };
      if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return null;
      const kind = stats.isBlockDevice() ? 'block' : 'character';
      return { kind, number: `${majorOf(stats.rdev)}:${minorOf(stats.rdev)}` };
    } catch (error) {
      return failure(error);
    }
  }

  exists(path: string): boolean {
    if (this.#paths === null) return existsSync(path);
    try {
      return this.#paths.exists(path);
    } catch {
      return false;
    }
  }

  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]> {
    return this.#readTable(path, (table) => linesWithPrefix(table, prefixes));
  }

  readTable(path: string): Reading<string> {
    return this.#readTable(path, (table) => table.toString('utf8'));
  }

  #readTable<T>(path: string, take: (table: Buffer) => T): Reading<T> {
    let descriptor: number | undefined;
    try {
      const at = this.#paths === null ? path : this.#paths.file(path);
      if (at === null) return null;
      descriptor = openSync(at, OPEN_FLAGS);
      const table = this.#table(path, descriptor);
      return table === null ? { unknown: 'broken', detail: 'EFBIG' } : take(table);
    } catch (error) {
      return failure(error);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  /**
   * All of a file, `null` if it is too large. The text of a large file is kept, because readers ask for the lines of
   * one device after another.
   */
  #table(path: string, descriptor: number): Buffer | null {
    const { dev, ino, size, mtimeNs } = fstatSync(descriptor, { bigint: true });
    const version = [path, dev, ino, size, mtimeNs].join(' ');
    if (this.#kept?.version === version) return this.#kept.table;
    if (size > MAX_TABLE_BYTES) return null;
    const table = readWhole(descriptor, Number(size));
    if (table !== null && size >= KEPT_TABLE_BYTES) this.#kept = { version, table };
    return table;
  }

  /** Whether a file of the same name was missing before. */
  #isMissed(path: string): boolean {
    return this.#missed.size > 0 && this.#missed.has(lastName(path));
  }

  /** The path, or `null` if a check shows that it does not exist. */
  #seen(path: string): string | null {
    return this.#isMissed(path) && lstatSync(path, NO_ERROR) === undefined ? null : path;
  }

  #miss(path: string): void {
    if (this.#missed.size < MAX_MISSED) this.#missed.add(lastName(path));
  }

  /** Reads into the shared buffer. Returns the length, or why it failed. */
  #fill(path: string): number | null | ReadFailure {
    let descriptor: number | undefined;
    try {
      const isOfSysfs = path.startsWith('/sys/');
      // Only files of this machine are checked for trust.
      const distrust = this.#paths === null && !isOfSysfs ? distrustOf('', path) : null;
      if (distrust !== null) return { unknown: 'broken', detail: distrust };
      const at = this.#paths === null ? this.#seen(path) : this.#paths.file(path);
      if (at === null) return null;
      descriptor = openSync(at, OPEN_FLAGS);
      let length = 0;
      // sysfs returns a binary attribute in pieces of a page, and a shorter piece at its end; /proc returns pieces of
      // any size.
      for (;;) {
        const piece = readSync(descriptor, this.#buffer, length, this.#buffer.length - length, null);
        length += piece;
        if (length > MAX_ATTRIBUTE_BYTES) return { unknown: 'broken', detail: 'EFBIG' };
        if (piece === 0 || (piece < PAGE_BYTES && isOfSysfs)) return length;
      }
    } catch (error) {
      this.#miss(path);
      return failure(error);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

// The inverse of makedev(3) of the GNU C library.
function majorOf(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minorOf(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}

/** The content of a file up to its end; `null` if that is too much. */
function readWhole(descriptor: number, sizeBytes: number): Buffer | null {
  // Files of /proc report a size of 0.
  let buffer = Buffer.allocUnsafe(Math.max(sizeBytes + 1, 4 * PAGE_BYTES));
  for (let length = 0; ; ) {
    const piece = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (piece === 0) return buffer.subarray(0, length);
    length += piece;
    if (length > MAX_TABLE_BYTES) return null;
    if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
  }
}

function kindOf(stats: Stats): FileStatus['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isCharacterDevice()) return 'character';
  return stats.isBlockDevice() ? 'block' : 'other';
}

/**
 * Lines that begin with one of the prefixes, in their order. In a large table they are few, so other lines are not
 * split.
 */
function linesWithPrefix(table: Buffer, prefixes: readonly string[]): readonly string[] {
  const starts = new Set<number>();
  for (const prefix of prefixes) {
    const sought = Buffer.from(`\n${prefix}`);
    if (table.subarray(0, sought.length - 1).equals(sought.subarray(1))) starts.add(0);
    for (let at = table.indexOf(sought); at >= 0; at = table.indexOf(sought, at + sought.length)) {
      starts.add(at + 1);
    }
  }
  return [...starts]
    .sort((a, b) => a - b)
    .map((start) => {
      const end = table.indexOf('\n', start);
      return table.toString('utf8', start, end < 0 ? table.length : end);
    });
}
