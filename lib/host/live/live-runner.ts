import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { errorCode } from '../host-reader.ts';
import { findProgram, PROGRAM_FOLDERS } from '../programs.ts';
import { RUN_TIMEOUT_MS, type Run, type Runner, type RunOptions } from '../runner.ts';

/** The most that is asked for at once are the documents of all devices from virsh, 1 to 20 KiB each. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** How long a program that is late has to end by itself. */
const GRACE_MS = 2000;
/** How often is looked whether the caller cancelled a program. */
const CANCEL_MS = 100;

/** Any number, of which execa's types know the first alone. */
type Descriptor = 3 | 4;

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
    let input: Descriptor;
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

async function start(
  program: string,
  args: readonly string[],
  path: string,
  { timeoutMs = RUN_TIMEOUT_MS, environment, folder = '/', signal, onOutput }: RunOptions,
  stdin: 'ignore' | Descriptor,
): Promise<Run> {
  // Many commands that may run a program run none.
  const { execa } = await import('execa');
  const running = execa(program, args, {
    reject: false,
    stdin,
    maxBuffer: MAX_OUTPUT_BYTES,
    // Of a session of its own: what is typed to interrupt us must not cut a change in half.
    detached: true,
    cwd: folder,
    env: { ...environment, LC_ALL: 'C', PATH: path },
  });
  if (onOutput !== undefined) {
    for (const stream of [running.stdout, running.stderr]) {
      stream?.on('data', (piece: Buffer) => onOutput(piece.toString('utf8')));
    }
  }
  let isLate = false;
  let isCancelled = false;
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    endGroup(running.pid, 'SIGTERM');
    killing ??= setTimeout(() => endGroup(running.pid, 'SIGKILL'), GRACE_MS);
  };
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, timeoutMs);
  const watch =
    signal === undefined
      ? undefined
      : setInterval(() => {
          if (!signal.aborted || isCancelled) return;
          isCancelled = true;
          end();
        }, CANCEL_MS);
  const result = await running;
  clearTimeout(timer);
  clearTimeout(killing);
  clearInterval(watch);
  // What it started and left behind goes too.
  if (isLate || isCancelled || result.isMaxBuffer) endGroup(running.pid, 'SIGKILL');
  if (isCancelled) return { kind: 'failed', detail: 'was cancelled' };
  if (isLate) return { kind: 'failed', detail: `did not end within ${timeoutMs / 1000} s` };
  if (result.isMaxBuffer) {
    return { kind: 'failed', detail: `printed more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB` };
  }
  if (result.exitCode !== undefined) {
    return { kind: 'exited', exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  }
  if (result.code === 'EACCES') return { kind: 'failed', detail: `${program} cannot be executed` };
  return { kind: 'failed', detail: result.signal ?? result.code ?? 'cannot be started' };
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
function openUnnamedFile(text: string): Descriptor {
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-'));
  try {
    const path = join(folder, 'input');
    writeFileSync(path, text, { mode: 0o600 });
    return openSync(path, 'r') as Descriptor;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
