import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PortalGunError } from '../base/errors.ts';
import { errorCode, failure, type Reading } from './host-reader.ts';

/**
 * Reads a whole file of this machine, `.gz` unpacked. `null` where there is none; fails with EFBIG past
 * `maxBytes`, packed or unpacked, and with EISDIR, EACCES … as the kernel does.
 */
export function readFileBounded(path: string, maxBytes: number): Reading<Buffer> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const status = fstatSync(descriptor);
    if (status.isDirectory()) return { unknown: 'broken', detail: 'EISDIR' };
    if (status.size > maxBytes) return { unknown: 'broken', detail: 'EFBIG' };
    const bytes = Buffer.allocUnsafe(status.size);
    let length = 0;
    while (length < bytes.length) {
      const piece = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (piece === 0) break;
      length += piece;
    }
    const whole = bytes.subarray(0, length);
    return path.endsWith('.gz') ? gunzipSync(whole, { maxOutputLength: maxBytes }) : whole;
  } catch (error) {
    return failure(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
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

/**
 * Writes a file of this machine whole or not at all: beside its place first, then renamed onto it. A signal
 * that comes meanwhile leaves nothing behind.
 *
 * @throws PortalGunError OUTPUT_FAILED or PERMISSION_DENIED
 */
export function writeFileWhole(path: string, content: string | Uint8Array, mode: number): void {
  if (isDirectory(path)) throw new PortalGunError('OUTPUT_FAILED', 'is a directory', { subject: path });
  let folder: string | undefined;
  for (const signal of HELD_SIGNALS) process.on(signal, hold);
  try {
    folder = mkdtempSync(join(dirname(path), `.${basename(path)}.`));
    const draft = join(folder, basename(path));
    writeFileSync(draft, content, { mode, flush: true });
    renameSync(draft, path);
  } catch (error) {
    const reading = failure(error);
    const detail = errorCode(error) === 'ENOENT' ? 'there is no such folder' : errorCode(error);
    throw new PortalGunError(
      reading?.unknown === 'denied' ? 'PERMISSION_DENIED' : 'OUTPUT_FAILED',
      `can't be written: ${detail}`,
      { subject: path, cause: error },
    );
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    for (const signal of HELD_SIGNALS) process.off(signal, hold);
  }
}

/** A path of this machine from its root. */
export function absolutePath(path: string): string {
  return resolve(path);
}

/**
 * The absolute path of a regular file of this machine.
 *
 * @param option the option that names it, for the error
 * @throws PortalGunError BAD_ARGUMENT where there is none, or it is no regular file
 */
export function existingFile(path: string, option: string): string {
  const whole = absolutePath(path);
  try {
    if (statSync(whole).isFile()) return whole;
  } catch (error) {
    const detail = errorCode(error) === 'ENOENT' ? 'there is no such file' : errorCode(error);
    throw new PortalGunError('BAD_ARGUMENT', `${detail}: ${whole}`, { subject: option });
  }
  throw new PortalGunError('BAD_ARGUMENT', `is no file: ${whole}`, { subject: option });
}
