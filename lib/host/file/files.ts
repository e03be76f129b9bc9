import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PortalGunError } from '../../base/errors.ts';
import { errorCode, failure, type Reading } from '../host-reader.ts';
import { type FileContent, partsOf } from './file-content.ts';

/**
 * Reads a whole file of this machine, `.gz` unpacked. `null` where there is none; fails with EFBIG past
 * `maxBytes`, packed or unpacked, and with EISDIR, EACCES … as the kernel does.
 */
export function readFileBounded(path: string, maxBytes: number): Reading<Buffer> {
  let descriptor: number | undefined;
  try {
    // To open a device has effects: it may rewind a tape, or start a watchdog.
    const strange = strangeness(statSync(path));
    if (strange !== null) return { unknown: 'broken', detail: strange };
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const status = fstatSync(descriptor);
    if (status.size > maxBytes) return { unknown: 'broken', detail: 'EFBIG' };
    const bytes = Buffer.allocUnsafe(status.size);
    let length = 0;
    while (length < bytes.length) {
      const piece = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (piece === 0) break;
      length += piece;
    }
    const whole = bytes.subarray(0, length);
    return path.endsWith('.gz') ? unpacked(whole, maxBytes) : whole;
  } catch (error) {
    return failure(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function unpacked(bytes: Buffer, maxBytes: number): Buffer {
  // Loaded where it is needed: it takes every start a tenth of that of Node.
  return process.getBuiltinModule('node:zlib').gunzipSync(bytes, { maxOutputLength: maxBytes });
}

/** What something is, if it is no regular file. */
function strangeness(status: Stats): string | null {
  if (status.isFile()) return null;
  return status.isDirectory() ? 'is a directory' : 'is not a regular file';
}

/** Whether a path of this machine is a directory. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether a path of this machine is a regular file. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

// What would end the program between the draft and its removal waits for the moment that they take.
const HELD_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function hold(): void {}

/** What to give where a path is no place for a file. */
const REGULAR_FILE = 'give the path of a regular file or of a new file';

/**
 * The path at which a file is written: of a link the file that it leads to, so that the link stays.
 *
 * @param hint what to give in place of what is no regular file
 * @returns whether a file is there already
 * @throws PortalGunError OUTPUT_FAILED for what is no regular file, and for a link that leads nowhere; PERMISSION_DENIED
 */
export function outputPlace(
  path: string,
  hint = REGULAR_FILE,
): { readonly at: string; readonly isThere: boolean } {
  try {
    const link = lstatSync(path, { throwIfNoEntry: false });
    if (link === undefined) return { at: path, isThere: false };
    // A link such as /dev/stdout leads to what has no path, and it is looked at all the same.
    const strange = strangeness(statSync(path));
    if (strange !== null) throw new PortalGunError('OUTPUT_FAILED', strange, { subject: path, hint });
    return { at: link.isSymbolicLink() ? realpathSync(path) : path, isThere: true };
  } catch (error) {
    throw error instanceof PortalGunError ? error : outputError(path, error, 'the symbolic link is broken');
  }
}

/**
 * Writes a file of this machine whole or not at all: beside its place first, then renamed onto it. A signal
 * that comes meanwhile leaves nothing behind. A link is followed; what is no regular file is never replaced.
 *
 * @throws PortalGunError OUTPUT_FAILED or PERMISSION_DENIED
 */
export function writeFileWhole(path: string, content: FileContent, mode: number): void {
  const { at } = outputPlace(path);
  let folder: string | undefined;
  for (const signal of HELD_SIGNALS) process.on(signal, hold);
  try {
    folder = mkdtempSync(join(dirname(at), `.${basename(at)}.`));
    const draft = join(folder, basename(at));
    writeDraft(draft, content, mode);
    renameSync(draft, at);
  } catch (error) {
    throw outputError(path, error, 'no such folder');
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    for (const signal of HELD_SIGNALS) process.off(signal, hold);
  }
}

/** Writes a new file, onto the disk. */
function writeDraft(path: string, content: FileContent, mode: number): void {
  const descriptor = openSync(path, 'wx', mode);
  try {
    for (const part of partsOf(content)) writeFileSync(descriptor, part);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @param absent what it means that something is not there */
export function outputError(path: string, error: unknown, absent: string): PortalGunError {
  const reading = failure(error);
  const detail = errorCode(error) === 'ENOENT' ? absent : errorCode(error);
  return new PortalGunError(
    reading?.unknown === 'denied' ? 'PERMISSION_DENIED' : 'OUTPUT_FAILED',
    `cannot be written: ${detail}`,
    { subject: path, cause: error },
  );
}

/** A path of this machine from its root. */
export function absolutePath(path: string): string {
  return resolve(path);
}

/**
 * The absolute path of a regular file of this machine.
 *
 * @param option the option that names it, for the error
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, or BAD_ARGUMENT if it is no regular file
 */
export function existingFile(path: string, option: string): string {
  const whole = absolutePath(path);
  try {
    if (statSync(whole).isFile()) return whole;
  } catch (error) {
    const reading = failure(error);
    if (reading === null)
      throw new PortalGunError('NOT_FOUND', `no such file: ${whole}`, { subject: option });
    throw new PortalGunError(
      reading.unknown === 'denied' ? 'PERMISSION_DENIED' : 'BAD_ARGUMENT',
      `${reading.detail}: ${whole}`,
      { subject: option },
    );
  }
  throw new PortalGunError('BAD_ARGUMENT', `is not a file: ${whole}`, { subject: option });
}
