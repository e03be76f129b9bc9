import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
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
import { errorCode, failure, isFailure, type Reading } from '../host-reader.ts';
import { type FileContent, partsOf } from './file-content.ts';

/** A regular file that is open for reading. */
export interface OpenFile {
  readonly descriptor: number;
  readonly sizeBytes: number;
}

/** Opens a regular file of this machine. `null` if there is none. Fails as `readFileBounded`. */
export function openFileBounded(path: string, maxBytes: number): Reading<OpenFile> {
  let descriptor: number | undefined;
  try {
    // Opening a device has effects: it may rewind a tape, or start a watchdog.
    const strange = strangeness(statSync(path));
    if (strange !== null) return { unknown: 'broken', detail: strange };
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const sizeBytes = fstatSync(descriptor).size;
    if (sizeBytes <= maxBytes) return { descriptor, sizeBytes };
    closeSync(descriptor);
    return { unknown: 'broken', detail: 'EFBIG' };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    return failure(error);
  }
}

/**
 * Reads a whole file of this machine, and unpacks `.gz`. `null` if there is none. Fails with EFBIG above `maxBytes`,
 * packed or unpacked, and with EISDIR, EACCES … as the kernel does.
 */
export function readFileBounded(path: string, maxBytes: number): Reading<Buffer> {
  const file = openFileBounded(path, maxBytes);
  if (file === null || isFailure(file)) return file;
  try {
    const bytes = Buffer.allocUnsafe(file.sizeBytes);
    let length = 0;
    while (length < bytes.length) {
      const piece = readSync(file.descriptor, bytes, length, bytes.length - length, null);
      if (piece === 0) break;
      length += piece;
    }
    const whole = bytes.subarray(0, length);
    return path.endsWith('.gz') ? unpacked(whole, maxBytes) : whole;
  } catch (error) {
    return failure(error);
  } finally {
    closeSync(file.descriptor);
  }
}

function unpacked(bytes: Buffer, maxBytes: number): Buffer {
  // Loaded only if needed, because loading it takes a tenth of the start time of Node.
  return process.getBuiltinModule('node:zlib').gunzipSync(bytes, { maxOutputLength: maxBytes });
}

/** The kind of a file that is not a regular file. */
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

// These signals would end the program between the draft and its removal, so they are held for that time.
const HELD_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function hold(): void {}

/** The hint for a path that cannot be a file. */
const REGULAR_FILE = 'use the path of a regular file or of a new file';

/**
 * The path at which a file is written. For a link it is the target, so that the link stays.
 *
 * @param hint the hint if the path is not a regular file
 * @returns whether the file exists
 * @throws PortalGunError OUTPUT_FAILED if the path is not a regular file, or a link without a target;
 * PERMISSION_DENIED
 */
export function outputPlace(
  path: string,
  hint = REGULAR_FILE,
): { readonly at: string; readonly isThere: boolean } {
  try {
    const link = lstatSync(path, { throwIfNoEntry: false });
    if (link === undefined) return { at: path, isThere: false };
    // A link such as /dev/stdout has a target without a path, but its status can be read.
    const strange = strangeness(statSync(path));
    if (strange !== null) throw new PortalGunError('OUTPUT_FAILED', strange, { subject: path, hint });
    return { at: link.isSymbolicLink() ? realpathSync(path) : path, isThere: true };
  } catch (error) {
    throw error instanceof PortalGunError ? error : outputError(path, error, 'the symbolic link is broken');
  }
}

/**
 * The permissions of a file that is written: its mode without the bits of the umask, exactly its mode, or, with their owner,
 * those of the file that it replaces.
 */
export type Permissions = 'usual' | 'exact' | 'of-replaced';

/**
 * Writes a whole file of this machine or nothing: into a draft beside it, which is then renamed. A signal in the
 * meantime leaves no draft. A link is followed; only a regular file is replaced.
 *
 * @throws PortalGunError OUTPUT_FAILED or PERMISSION_DENIED
 */
export function writeFileWhole(
  path: string,
  content: FileContent,
  mode: number,
  permissions: Permissions = 'usual',
): void {
  const { at } = outputPlace(path);
  let folder: string | undefined;
  for (const signal of HELD_SIGNALS) process.on(signal, hold);
  try {
    folder = mkdtempSync(join(dirname(at), `.${basename(at)}.`));
    const draft = join(folder, basename(at));
    const like = permissions === 'of-replaced' ? statSync(at, { throwIfNoEntry: false }) : undefined;
    writeDraft(draft, content, mode, like);
    if (permissions === 'exact') chmodSync(draft, mode);
    renameSync(draft, at);
  } catch (error) {
    throw outputError(path, error, 'no such folder');
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    for (const signal of HELD_SIGNALS) process.off(signal, hold);
  }
}

/** Writes a new file, onto the disk, with the owner and permissions of another. */
function writeDraft(path: string, content: FileContent, mode: number, like?: Stats): void {
  const descriptor = openSync(path, 'wx', mode);
  try {
    for (const part of partsOf(content)) writeFileSync(descriptor, part);
    if (like !== undefined) makeAlike(descriptor, like);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Only root can give a file to another user; for others, the file is theirs then. */
function makeAlike(descriptor: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
  }
  fchmodSync(descriptor, mode & 0o777);
}

/** @param absent the meaning of a missing file or folder */
export function outputError(path: string, error: unknown, absent: string): PortalGunError {
  const reading = failure(error);
  const detail = errorCode(error) === 'ENOENT' ? absent : errorCode(error);
  return new PortalGunError(
    reading?.unknown === 'denied' ? 'PERMISSION_DENIED' : 'OUTPUT_FAILED',
    `cannot be written: ${detail}`,
    { subject: path, cause: error },
  );
}

/** The absolute form of a path of this machine. */
export function absolutePath(path: string): string {
  return resolve(path);
}

/**
 * The absolute path of a regular file of this machine.
 *
 * @param option the option that names it, for the error
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, or BAD_ARGUMENT if it is not a regular file
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
