import { fstatSync, writeSync } from 'node:fs';
import { errorCode } from '../host-reader.ts';

const RETRY_MS = 10;
/** Of the kernel's table of device numbers (Documentation/admin-guide/devices.txt). */
const MEMORY_MAJOR = 1;

/** A file, pipe or socket of this process that text is written to. */
export interface PlainOutput {
  /** @throws the error of the kernel */
  write(text: string): void;
}

/**
 * stdout (1) or stderr (2) if it is a file, a pipe or a socket. The stream of Node takes longer to create than most
 * texts take to write.
 *
 * @returns `null` for a terminal and anything else, which only a stream supports
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
      // Another process made the descriptor non-blocking, and its reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
