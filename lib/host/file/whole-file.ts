import { closeSync, fstatSync, readSync } from 'node:fs';
import { PortalGunError } from '../../base/errors.ts';
import { formatSize } from '../../base/text.ts';
import { errorCode, isFailure } from '../host-reader.ts';
import type { WholeFile } from '../user-files.ts';
import { openFileBounded, outputPlace, writeFileWhole } from './files.ts';

/** Only these bits are of a file that is copied: a program must not get the rights of its owner by a copy. */
const PERMISSIONS = 0o777;

/**
 * The bytes of a regular file of this machine, as they are: a `.gz` stays packed.
 *
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED; BAD_ARGUMENT if it is not a regular file, longer than `maxBytes`, or
 *   cannot be read
 */
export function readWhole(path: string, maxBytes: number): WholeFile {
  const file = openFileBounded(path, Number.MAX_SAFE_INTEGER);
  if (file === null) throw new PortalGunError('NOT_FOUND', 'no such file', { subject: path });
  if (isFailure(file)) throw readError(path, file.unknown === 'denied', file.detail);
  const { descriptor, sizeBytes } = file;
  try {
    if (sizeBytes > maxBytes) {
      const [size, most] = [formatSize(sizeBytes), formatSize(maxBytes)];
      throw new PortalGunError('BAD_ARGUMENT', `has ${size}, more than the limit of ${most}`, {
        subject: path,
      });
    }
    const bytes = Buffer.allocUnsafe(sizeBytes);
    let length = 0;
    while (length < sizeBytes) {
      const piece = readSync(descriptor, bytes, length, sizeBytes - length, null);
      if (piece === 0) break;
      length += piece;
    }
    return { bytes: bytes.subarray(0, length), mode: fstatSync(descriptor).mode & PERMISSIONS };
  } catch (error) {
    if (error instanceof PortalGunError) throw error;
    throw readError(path, false, errorCode(error));
  } finally {
    closeSync(descriptor);
  }
}

function readError(path: string, isDenied: boolean, detail: string): PortalGunError {
  return new PortalGunError(isDenied ? 'PERMISSION_DENIED' : 'BAD_ARGUMENT', `cannot be read: ${detail}`, {
    subject: path,
    ...(detail === 'is a directory' ? { hint: 'only files are copied: make one of it with tar' } : {}),
  });
}

/**
 * Writes one file of this machine, whole or not at all, with exactly these permissions.
 *
 * @param overwrites whether a file that is there is replaced
 * @throws PortalGunError FILE_EXISTS, OUTPUT_FAILED, PERMISSION_DENIED
 */
export function putWhole(path: string, { bytes, mode }: WholeFile, overwrites: boolean): void {
  if (outputPlace(path).isThere && !overwrites) {
    throw new PortalGunError('FILE_EXISTS', 'exists; it was not replaced', { subject: path });
  }
  writeFileWhole(path, bytes, mode & PERMISSIONS, 'exact');
}
