import { spawn } from 'node:child_process';
import { errorCode } from '../host-reader.ts';
import { ROM_TIMEOUT_MS, type RomFailure, type RomReader, type RomReading } from '../rom-reader.ts';
import { ROM_SERVER, type RomReply } from './rom-server.ts';

const NEWLINE = 0x0a;

/**
 * Reads the ROMs of a host that is a directory tree: `root`, which is absolute, is prefixed to every path; it is `''`
 * for the live machine. A separate process in its own session reads, and restores the device even if this process is
 * killed.
 */
export class LiveRomReader implements RomReader {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #timeoutMs: number;

  constructor(root: string, maxBytes: number, timeoutMs: number = ROM_TIMEOUT_MS) {
    this.#root = root;
    this.#maxBytes = maxBytes;
    this.#timeoutMs = timeoutMs;
  }

  readRom(directory: string): Promise<RomReading> {
    // Options for this process could make it print, or not start at all.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ['--input-type=commonjs', '--eval', ROM_SERVER, this.#root + directory, String(this.#maxBytes)],
      { detached: true, cwd: '/', env, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    child.unref();
    return new Promise((resolve) => {
      const pieces: Buffer[] = [];
      const settle = (reading: RomReading): void => {
        clearTimeout(timer);
        // If it is blocked in the kernel, it disables the ROM when the call returns.
        child.stdout?.destroy();
        resolve(reading);
      };
      const timer = setTimeout(() => settle(blocked('ETIMEDOUT')), this.#timeoutMs);
      child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
      child.stdout?.on('error', () => {});
      child.once('error', (error) => settle({ at: 'enable', failed: errorCode(error) }));
      child.once('close', () => settle(answerOf(Buffer.concat(pieces))));
    });
  }
}

function blocked(failed: string): RomFailure {
  return { at: 'blocked', failed };
}

function answerOf(output: Buffer): RomReading {
  const end = output.indexOf(NEWLINE);
  if (end < 0) return blocked('EPIPE');
  const { at, failed } = JSON.parse(output.toString('utf8', 0, end)) as RomReply;
  return failed === null
    ? new Uint8Array(output.subarray(end + 1))
    : { at: (at ?? 'blocked') as RomFailure['at'], failed };
}
