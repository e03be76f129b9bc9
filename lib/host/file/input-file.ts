import { closeSync, readSync } from 'node:fs';
import { type ErrorCode, PortalGunError } from '../../base/errors.ts';
import { errorCode, failure, isFailure, type Reading } from '../host-reader.ts';
import { openFileBounded, readFileBounded } from './files.ts';

const STANDARD_INPUT = 0;
const PIECE_BYTES = 64 * 1024;
const FILE_PIECE_BYTES = 1024 * 1024;
const RETRY_MS = 10;

/** The name of an input file in errors: `-` is stdin. */
export function inputName(path: string): string {
  return path === '-' ? 'stdin' : path;
}

/**
 * The bytes of an input file; `-` is stdin.
 *
 * @param code of the error if it cannot be read for another reason, or is longer than `maxBytes`
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, or of that code
 */
export function readInputFile(path: string, maxBytes: number, code: ErrorCode): Buffer {
  return path === '-'
    ? demand(readStandardInput(maxBytes), inputName(path), code)
    : readFileOf(path, maxBytes, code);
}

/** The same, but `-` is a file of that name. */
export function readFileOf(path: string, maxBytes: number, code: ErrorCode): Buffer {
  return demand(readFileBounded(path, maxBytes), path, code);
}

/**
 * The bytes of a file in pieces, so that a large one is never in memory as a whole: each piece is the same memory. A
 * `.gz` is one piece, unpacked.
 *
 * @param code of the error if it cannot be read for another reason, or is longer than `maxBytes`
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, or of that code; at the first piece or a later one
 */
export function* readFilePieces(
  path: string,
  maxBytes: number,
  code: ErrorCode,
): Generator<Buffer, undefined, undefined> {
  if (path.endsWith('.gz')) {
    yield readFileOf(path, maxBytes, code);
    return undefined;
  }
  const { descriptor, sizeBytes } = demand(openFileBounded(path, maxBytes), path, code);
  try {
    const memory = Buffer.allocUnsafe(Math.min(sizeBytes, FILE_PIECE_BYTES));
    for (let left = sizeBytes; left > 0; ) {
      const length = demand(readPiece(descriptor, memory, left), path, code);
      if (length === 0) break;
      left -= length;
      yield memory.subarray(0, length);
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readPiece(descriptor: number, memory: Buffer, left: number): Reading<number> {
  try {
    return readSync(descriptor, memory, 0, Math.min(left, memory.length), null);
  } catch (error) {
    return failure(error);
  }
}

function demand<T>(reading: Reading<T>, subject: string, code: ErrorCode): T {
  if (reading === null) throw new PortalGunError('NOT_FOUND', 'no such file', { subject });
  if (!isFailure(reading)) return reading;
  throw new PortalGunError(
    reading.unknown === 'denied' ? 'PERMISSION_DENIED' : code,
    `cannot be read: ${reading.detail}`,
    { subject },
  );
}

function readStandardInput(maxBytes: number): Reading<Buffer> {
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
        // Another process made the descriptor non-blocking.
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
