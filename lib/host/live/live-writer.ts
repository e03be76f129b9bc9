import { type ChildProcess, spawn } from 'node:child_process';
import { errorCode } from '../host-reader.ts';
import {
  type BlockedWrite,
  type HostWriter,
  MAX_WRITE_BYTES,
  WRITE_TIMEOUT_MS,
  type Writing,
} from '../host-writer.ts';
import { WRITE_SERVER, type WriteReply, type WriteRequest } from './write-server.ts';

// Each is a process that is blocked in the kernel.
const MAX_BLOCKED = 16;

/**
 * Writes to a host that is a directory tree: `root`, which is absolute, is prefixed to every path; it is `''` for the
 * live machine.
 *
 * A write that the kernel blocks cannot be cancelled, not even by ending the process, so a separate process makes it.
 * One process serves many writes. If one of them blocks, that process is left and replaced, and this process can
 * continue and end.
 */
export class LiveWriter implements HostWriter {
  readonly #root: string;
  readonly #blocked = new Map<WriteProcess, BlockedWrite>();
  #process: WriteProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(root: string) {
    this.#root = root;
  }

  write(path: string, text: string, timeoutMs: number = WRITE_TIMEOUT_MS): Promise<Writing> {
    const writing = this.#last.then(() => this.#write({ path: this.#root + path, text }, timeoutMs));
    this.#last = writing;
    return writing;
  }

  blocked(): readonly BlockedWrite[] {
    this.#forgetFreed();
    return [...this.#blocked.values()];
  }

  /** Lets the writing process end. A started write is not cancelled; a later write starts another process. */
  close(): void {
    this.#process?.end();
    this.#process = null;
  }

  async #write(request: WriteRequest, timeoutMs: number): Promise<Writing> {
    if (Buffer.byteLength(request.text) > MAX_WRITE_BYTES) return { failed: 'E2BIG' };
    // No path contains NUL, and the part before it would name another file.
    if (request.path.includes('\0')) return { failed: 'EINVAL' };
    if (this.#process?.isGone === true) this.#process = null;
    this.#forgetFreed();
    if (this.#process === null && this.#blocked.size >= MAX_BLOCKED) return { failed: 'EAGAIN' };
    this.#process ??= new WriteProcess();
    const at = this.#process;
    const writing = await at.write(request, timeoutMs);
    if (writing === 'blocked') {
      // It ends when the kernel call returns.
      at.end();
      this.#blocked.set(at, { path: request.path.slice(this.#root.length), text: request.text });
      if (this.#process === at) this.#process = null;
    }
    return writing;
  }

  #forgetFreed(): void {
    for (const each of this.#blocked.keys()) if (each.isGone) this.#blocked.delete(each);
  }
}

/** A process that writes, one request at a time. Neither it nor its streams keep this process from ending. */
class WriteProcess {
  readonly #child: ChildProcess;
  #settle: ((writing: Writing) => void) | null = null;
  #rest = '';
  #isGone = false;

  constructor() {
    // Options for this process could make it print, or not start at all.
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.#child = spawn(
      process.execPath,
      ['--input-type=commonjs', '--eval', WRITE_SERVER, String(process.pid)],
      {
        // In a session of its own, because Ctrl-C must not interrupt it in the middle of a change.
        detached: true,
        cwd: '/',
        env,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    this.#child.unref();
    this.#child.on('error', (error) => this.#lose({ failed: errorCode(error) }));
    this.#child.on('exit', () => {
      this.#isGone = true;
    });
    // Not before its last reply is read.
    this.#child.on('close', () => this.#lose('blocked'));
    const { stdin, stdout } = this.#child;
    // If no descriptors are left, it has no streams either.
    for (const stream of [stdin, stdout]) {
      if (stream !== null && stream !== undefined && 'unref' in stream) (stream.unref as () => void)();
      stream?.on('error', () => this.#lose('blocked'));
    }
    stdout?.setEncoding('utf8').on('data', (piece: string) => this.#take(piece));
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  write(request: WriteRequest, timeoutMs: number): Promise<Writing> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer('blocked'), timeoutMs);
      this.#settle = (writing) => {
        clearTimeout(timer);
        resolve(writing);
      };
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  end(): void {
    this.#child.stdin?.end();
  }

  #take(piece: string): void {
    this.#rest += piece;
    if (!this.#rest.includes('\n')) return;
    const { failed } = JSON.parse(this.#rest) as WriteReply;
    this.#rest = '';
    this.#answer(failed === null ? 'written' : { failed });
  }

  #lose(writing: Writing): void {
    this.#isGone = true;
    this.#answer(writing);
  }

  #answer(writing: Writing): void {
    this.#settle?.(writing);
    this.#settle = null;
  }
}
