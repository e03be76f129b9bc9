import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { GrowingFile } from '../growing-file.ts';
import { failure, type Reading } from '../host-reader.ts';

/** Opens a file of this machine; `null` if there is none. */
export function openGrowingFile(path: string): Reading<GrowingFile> {
  let descriptor: number;
  try {
    if (!statSync(path).isFile()) return { unknown: 'broken', detail: 'is not a regular file' };
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return failure(error);
  }
  const { dev, ino } = fstatSync(descriptor);
  return {
    size: () => fstatSync(descriptor).size,
    read(offset, length) {
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
    },
    isReplaced() {
      const now = statSync(path, { throwIfNoEntry: false });
      return now === undefined || now.dev !== dev || now.ino !== ino;
    },
    close: () => closeSync(descriptor),
  };
}
