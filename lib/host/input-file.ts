import { readSync } from 'node:fs';
import { type ErrorCode, PortalGunError } from '../base/errors.ts';
import { readFileBounded } from './files.ts';
import { errorCode, isFailure, type Reading } from './host-reader.ts';

const STANDARD_INPUT = 0;
const PIECE_BYTES = 64 * 1024;
const RETRY_MS = 10;

/** What a file that a command is given is called in errors: `-` is standard input. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/**
 * The bytes of a file that a command is given, whatever is in it; `-` is standard input.
 *
 * @param code of the error where it can't be read, or is longer than `maxBytes`
 * @throws PortalGunError
 */
export function readInputFile(path: string, maxBytes: number, code: ErrorCode): Uint8Array {
  const bytes = path === '-' ? readStandardInput(maxBytes) : readFileBounded(path, maxBytes);
  const subject = inputName(path);
  if (bytes === null) throw new PortalGunError(code, 'is not there', { subject });
  if (isFailure(bytes)) {
    throw new PortalGunError(
      bytes.unknown === 'denied' ? 'PERMISSION_DENIED' : code,
      `can't be read: ${bytes.detail}`,
      {
        subject,
      },
    );
  }
  return bytes;
}

function readStandardInput(maxBytes: number): Reading<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let size: number;
    try {
      size = readSync(STANDARD_INPUT, piece, 0, PIECE_BYTES, null);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EOF') size = 0;
      else if (code === 'EAGAIN') {
        // Somebody made it one that does not wait.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
        continue;
      } else return { unknown: 'broken', detail: code };
    }
    if (size === 0) return Buffer.concat(pieces);
    length += size;
    if (length > maxBytes) return { unknown: 'broken', detail: 'EFBIG' };
    pieces.push(piece.subarray(0, size));
  }
}
