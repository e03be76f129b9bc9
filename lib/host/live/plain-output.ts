import { fstatSync, writeSync } from 'node:fs';
import { errorCode } from '../host-reader.ts';

const RETRY_MS = 10;
/** Of the kernel's table of device numbers (Documentation/admin-guide/devices.txt). */
const MEMORY_MAJOR = 1;

/** A file, pipe or socket of this process that text is written to. */
export interface PlainOutput {
  /** @throws what the kernel says */
  write(text: string): void;
}

/**
 * Standard output (1) or standard error (2) if it is a file, a pipe or a socket: Node's stream for it takes longer to
 * be made than most of what is written to it.
 *
 * @returns `null` for a terminal and all else, which only a stream serves
 */
export function plainOutput(descriptor: 1 | 2): PlainOutput | null {
  try {
    const status = fstatSync(descriptor);
    // No terminal is among the devices of memory, such as /dev/null.
    const isMemory = status.isCharacterDevice() && status.rdev >> 8 === MEMORY_MAJOR;
    if (!status.isFile() && !status.isFIFO() && !status.isSocket() && !isMemory) return null;
  } catch {
    return null;
  }
  return { write: (text) => writeWhole(descriptor, Buffer.from(text)) };
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      // Somebody made it one that does not wait, and its reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
