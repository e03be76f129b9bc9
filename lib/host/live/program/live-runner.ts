import { closeSync } from 'node:fs';
import { delimiter } from 'node:path';
import { errorCode } from '../../host-reader.ts';
import { findProgram, PROGRAM_FOLDERS } from '../../programs.ts';
import { type Opening, RUN_TIMEOUT_MS, type Run, type Runner, type RunOptions } from '../../runner.ts';
import { LiveOpenProgram } from './live-open-program.ts';
import { endGroup, GRACE_MS } from './program-group.ts';
import { type Descriptor, openUnnamedFile } from './unnamed-file.ts';

/** The largest output is that of virsh with the documents of all devices, 1 to 20 KiB each. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** How often is looked whether the caller cancelled a program. */
const CANCEL_MS = 100;

/**
 * Runs programs of the live machine in the C locale, so that their output does not depend on the user. The programs
 * are those in the system folders, whatever PATH the caller has, because sudo may keep a PATH with a folder that
 * another user can write.
 */
export class LiveRunner implements Runner {
  readonly #folders: readonly string[];

  /** @param folders the folders to search instead, also for programs that they start. For tests. */
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
      return { kind: 'failed', detail: `cannot read its input: ${errorCode(error)}` };
    }
    try {
      return await start(found, args, path, options, input);
    } finally {
      closeSync(input);
    }
  }

  async open(
    program: string,
    args: readonly string[],
    { environment }: Pick<RunOptions, 'environment'> = {},
  ): Promise<Opening> {
    const found = findProgram(program, this.#folders);
    if (found === null) return { kind: 'missing' };
    const env = { ...process.env, ...environment, LC_ALL: 'C', PATH: this.#folders.join(delimiter) };
    try {
      return { kind: 'open', program: new LiveOpenProgram(found, args, env) };
    } catch (error) {
      return { kind: 'failed', detail: `cannot be started: ${errorCode(error)}` };
    }
  }
}

async function start(
  program: string,
  args: readonly string[],
  path: string,
  { timeoutMs = RUN_TIMEOUT_MS, environment, folder = '/', signal, onOutput, keepsOutput = true }: RunOptions,
  stdin: 'ignore' | Descriptor,
): Promise<Run> {
  // Many commands that may run a program run none.
  const { execa } = await import('execa');
  const running = execa(program, args, {
    reject: false,
    stdin,
    maxBuffer: MAX_OUTPUT_BYTES,
    buffer: keepsOutput,
    // In a session of its own, because Ctrl-C must not interrupt it in the middle of a change.
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
    return {
      kind: 'exited',
      exitCode: result.exitCode,
      stdout: result.stdout ?? '',
      stderr: result.stderr ?? '',
    };
  }
  if (result.code === 'EACCES') return { kind: 'failed', detail: `${program} cannot be executed` };
  return { kind: 'failed', detail: result.signal ?? result.code ?? 'cannot be started' };
}
