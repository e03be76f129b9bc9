import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { errorCode } from '../../host-reader.ts';
import { type AskOptions, type OpenProgram, type ProgramAnswer, RUN_TIMEOUT_MS } from '../../runner.ts';
import { endGroup, GRACE_MS } from './program-group.ts';
import { openUnnamedFile, rewriteUnnamedFile } from './unnamed-file.ts';

/** The documents of two machines are some 100 KiB. */
const MAX_ANSWER_CHARACTERS = 64 * 1024 * 1024;

interface Request {
  readonly until: string;
  readonly settle: (answer: ProgramAnswer) => void;
}

type End = Exclude<ProgramAnswer, { readonly kind: 'answered' }>;

/**
 * A program of this machine that is kept open. Neither it nor its streams keep ours from ending, and its stdin is closed
 * when ours ends, however it does.
 */
export class LiveOpenProgram implements OpenProgram {
  readonly #child: ChildProcess;
  readonly #input: number;
  #stdout = '';
  #stderr = '';
  #request: Request | null = null;
  /** Why it is being killed. */
  #why: End | null = null;
  #end: End | null = null;
  #onEnd = (): void => undefined;

  /**
   * @param path of the program
   * @throws the error of the system if there is no file for its input, or an argument that no program can get
   */
  constructor(path: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    this.#input = openUnnamedFile('');
    try {
      this.#child = spawn(path, args, {
        // Of a session of its own: what is typed to interrupt us must not cut a change in half.
        detached: true,
        cwd: '/',
        env,
        stdio: ['pipe', 'pipe', 'pipe', this.#input],
      });
    } catch (error) {
      closeSync(this.#input);
      throw error;
    }
    this.#child.unref();
    this.#child.on('error', (error) => {
      const code = errorCode(error);
      this.#finish(failed(code === 'EACCES' ? `${path} cannot be executed` : code));
    });
    // Not before the last that it printed was read.
    this.#child.on('close', (exitCode, signal) => {
      this.#finish(
        exitCode === null
          ? failed(`was ended by ${signal}`)
          : { kind: 'exited', exitCode, stdout: this.#stdout, stderr: this.#stderr },
      );
    });
    const { stdin, stdout, stderr } = this.#child;
    for (const stream of [stdin, stdout, stderr]) {
      // Without free descriptors there are no streams either.
      if (stream !== null && stream !== undefined && 'unref' in stream) (stream.unref as () => void)();
      // The end of the program is reported by its own event.
      stream?.on('error', () => undefined);
    }
    stdout?.setEncoding('utf8').on('data', (piece: string) => {
      this.#stdout += piece;
      this.#look();
    });
    stderr?.setEncoding('utf8').on('data', (piece: string) => {
      this.#stderr += piece;
      this.#look();
    });
  }

  get isOpen(): boolean {
    return this.#end === null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ask(
    request: string,
    until: string,
    { timeoutMs = RUN_TIMEOUT_MS, input = '' }: AskOptions = {},
  ): Promise<ProgramAnswer> {
    if (this.#end !== null) return this.#end;
    try {
      if (input !== '') rewriteUnnamedFile(this.#input, input);
    } catch (error) {
      return failed(`cannot be given its input: ${errorCode(error)}`);
    }
    const late = failed(`did not answer within ${timeoutMs / 1000} s`);
    const timers = [
      setTimeout(() => this.#kill(late, 'SIGTERM'), timeoutMs),
      setTimeout(() => this.#kill(late, 'SIGKILL'), timeoutMs + GRACE_MS),
    ];
    const answer = await new Promise<ProgramAnswer>((settle) => {
      this.#request = { until, settle };
      this.#child.stdin?.write(request);
    });
    timers.forEach(clearTimeout);
    // A document can contain passwords.
    if (input !== '' && this.#end === null) rewriteUnnamedFile(this.#input, '');
    return answer;
  }

  async close(): Promise<void> {
    if (this.#end !== null) return;
    const timer = setTimeout(() => this.#kill(failed('did not end'), 'SIGKILL'), GRACE_MS);
    await new Promise<void>((resolve) => {
      this.#onEnd = resolve;
      this.#child.stdin?.end();
    });
    clearTimeout(timer);
  }

  #look(): void {
    if (this.#request === null) return;
    const [stdout, stderr] = [this.#stdout, this.#stderr];
    const { until, settle } = this.#request;
    if (stdout.length + stderr.length > MAX_ANSWER_CHARACTERS) {
      this.#kill(failed(`printed more than ${MAX_ANSWER_CHARACTERS / 1024 / 1024} MiB`), 'SIGKILL');
    } else if (stdout.includes(until) && stderr.includes(until)) {
      this.#request = null;
      this.#stdout = '';
      this.#stderr = '';
      settle({ kind: 'answered', stdout, stderr });
    }
  }

  #kill(why: End, signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#why ??= why;
    endGroup(this.#child.pid, signal);
    // The kernel may hold it for longer than anyone waits.
    if (signal === 'SIGKILL') this.#finish(why);
  }

  #finish(end: End): void {
    if (this.#end !== null) return;
    this.#end = this.#why ?? end;
    // What it started and left behind goes too.
    if (this.#why !== null) endGroup(this.#child.pid, 'SIGKILL');
    closeSync(this.#input);
    this.#request?.settle(this.#end);
    this.#request = null;
    this.#onEnd();
  }
}

function failed(detail: string): End {
  return { kind: 'failed', detail };
}
