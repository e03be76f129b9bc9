import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode } from '../host-reader.ts';
import { findProgram, PROGRAM_FOLDERS } from '../programs.ts';
import { RUN_TIMEOUT_MS, type Run, type Runner, type RunOptions } from '../runner.ts';

/** The most that is asked for at once are the documents of all devices from virsh, 1 to 20 KiB each. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** How long a program that is late has to end by itself. */
const GRACE_MS = 2000;

/**
 * Runs programs of the live machine in the C locale, so that their output does not depend on the user. They are of the
 * folders of the system, whatever PATH the caller has: sudo may keep one in which somebody else can write.
 */
export class LiveRunner implements Runner {
  readonly #folders: readonly string[];

  /** @param folders where programs are sought instead; what they start finds its own there too. For tests. */
  constructor(folders: readonly string[] = PROGRAM_FOLDERS) {
    this.#folders = folders;
  }

  async run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    const found = findProgram(program, this.#folders);
    if (found === null) return { kind: 'missing' };
    const path = this.#folders.join(delimiter);
    if (options.input === undefined) return start(found, args, path, options, 'ignore');
    let input: number;
    try {
      input = openUnnamedFile(options.input);
    } catch (error) {
      return { kind: 'failed', detail: `cannot be given its input: ${errorCode(error)}` };
    }
    try {
      return await start(found, args, path, options, input);
    } finally {
      closeSync(input);
    }
  }
}

function start(
  program: string,
  args: readonly string[],
  path: string,
  { timeoutMs = RUN_TIMEOUT_MS, environment }: RunOptions,
  stdin: 'ignore' | number,
): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: [stdin, 'pipe', 'pipe'],
      // Of a session of its own: what is typed to interrupt us must not cut a change in half.
      detached: true,
      cwd: '/',
      env: { ...process.env, ...environment, LC_ALL: 'C', PATH: path },
    });
    let failure: string | null = null;
    let killing: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      failure = `did not end within ${timeoutMs / 1000} s`;
      endGroup(child.pid, 'SIGTERM');
      killing = setTimeout(() => endGroup(child.pid, 'SIGKILL'), GRACE_MS);
    }, timeoutMs);
    const flood = (): void => {
      failure ??= `printed more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB`;
      endGroup(child.pid, 'SIGKILL');
    };
    const stdout = collect(child.stdout, flood);
    const stderr = collect(child.stderr, flood);
    const settle = (run: Run): void => {
      clearTimeout(timer);
      clearTimeout(killing);
      // What it started and left behind goes too.
      if (failure !== null) endGroup(child.pid, 'SIGKILL');
      resolve(failure === null ? run : { kind: 'failed', detail: failure });
    };
    child.once('error', (error) => {
      const code = errorCode(error);
      settle({ kind: 'failed', detail: code === 'EACCES' ? `${program} cannot be executed` : code });
    });
    child.once('close', (exitCode, signal) => {
      if (exitCode === null) settle({ kind: 'failed', detail: signal ?? 'cannot be started' });
      else settle({ kind: 'exited', exitCode, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** Keeps what a stream gives, up to a limit; gives its text without the end of the last line. */
function collect(stream: Readable | null, onFlood: () => void): () => string {
  const pieces: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_OUTPUT_BYTES) onFlood();
    else pieces.push(piece);
  });
  return () =>
    Buffer.concat(pieces)
      .toString()
      .replace(/\r?\n$/, '');
}

/** Sends a signal to all that a program started, as far as it stayed in its group. */
function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // They have ended.
  }
}

/** A text to be read: a file, since what Node makes of one is a socket, and that can't be opened as `/dev/stdin`. */
function openUnnamedFile(text: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-'));
  try {
    const path = join(folder, 'input');
    writeFileSync(path, text, { mode: 0o600 });
    return openSync(path, 'r');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
