import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface RunOptions {
  /** Who runs it: root, or an ordinary user without any group. */
  readonly user?: 'root' | 'nobody';
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** After which it is killed, and the run fails. */
  readonly timeoutMs?: number;
  /** Told what is printed as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
}

/** Of a run of `pci` in a process that runs many. */
export type PciOptions = Pick<RunOptions, 'user' | 'timeoutMs'>;

export interface RunResult {
  /** `null` where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the agent says: see `guest/agent.mjs`. */
interface AgentMessage {
  readonly ready?: boolean;
  readonly id?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly failed?: string;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
}

interface Job {
  readonly output: Record<'stdout' | 'stderr', Buffer[]>;
  readonly onOutput: RunOptions['onOutput'];
  readonly settle: (result: RunResult | Error) => void;
}

const DEFAULT_TIMEOUT_MS = 300_000;

/** The agent inside a machine, spoken to over a socket. */
export class AgentConnection {
  /** Settles when the agent can be given work; fails where the machine is gone before. */
  readonly ready: Promise<void>;
  readonly #socket: Socket;
  readonly #jobs = new Map<number, Job>();
  #lastId = 0;
  /** Why nothing more comes from the machine. */
  #gone: Error | undefined;

  /** @param whyGone makes the error of whoever waits when the machine ends */
  constructor(socket: Socket, whyGone: () => Error) {
    this.#socket = socket;
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: socket }).on('line', (line) => {
        const message = JSON.parse(line) as AgentMessage;
        if (message.ready === true) resolve();
        else this.#hear(message);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        const gone = whyGone();
        this.#gone = gone;
        reject(gone);
        for (const job of this.#jobs.values()) job.settle(gone);
      });
    });
    // Who waits for it hears of it; who does not has ended the machine.
    this.ready.catch(() => undefined);
  }

  /** Runs a program: words, no shell. A program that exits with another status than 0 is a result as any. */
  run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { user = 'root', env = {}, stdin = '', timeoutMs = DEFAULT_TIMEOUT_MS, onOutput } = options;
    const id = this.#nextId();
    const result = this.#follow(id, words.join(' '), timeoutMs, onOutput);
    this.#tell({ id, run: words, user, env, stdin });
    return result;
  }

  /**
   * Runs the built `pci` as one of many in one process, which spares its start. It has no standard input. What is to
   * be killed, or to run beside another, is {@link run} instead.
   */
  pci(args: readonly string[], options: PciOptions = {}): Promise<RunResult> {
    const { user = 'root', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const id = this.#nextId();
    const result = this.#follow(id, `pci ${args.join(' ')}`, timeoutMs, undefined);
    this.#tell({ id, pci: args, user });
    return result;
  }

  /** {@link run}, of which nothing but success is expected: gives what it printed. */
  async output(words: readonly string[], options?: RunOptions): Promise<string> {
    return outputOf(words, await this.run(words, options));
  }

  /** {@link pci}, likewise. */
  async pciOutput(args: readonly string[], options?: PciOptions): Promise<string> {
    return outputOf(['pci', ...args], await this.pci(args, options));
  }

  /** An interactive shell on the machine's second console, until the person leaves it. */
  shell(
    terminal: { readonly rows: number; readonly columns: number; readonly type: string },
    user: RunOptions['user'] = 'root',
  ): Promise<RunResult> {
    const id = this.#nextId();
    const result = this.#follow(id, 'the shell', null, undefined);
    this.#tell({ id, terminal, user });
    return result;
  }

  /** Sends a signal to all that is running. */
  signalAll(signal: NodeJS.Signals): void {
    for (const id of this.#jobs.keys()) this.#tell({ id, signal });
  }

  /** Whether the machine is gone, or has no agent any more. */
  get isClosed(): boolean {
    return this.#gone !== undefined;
  }

  powerOff(): void {
    this.#tell({ powerOff: true });
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #tell(message: object): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  #follow(
    id: number,
    name: string,
    timeoutMs: number | null,
    onOutput: RunOptions['onOutput'],
  ): Promise<RunResult> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === null
          ? undefined
          : setTimeout(() => {
              this.#tell({ id, signal: 'SIGKILL' });
              settle(new Error(`${name}: not done within ${timeoutMs / 1000} s`));
            }, timeoutMs);
      const settle = (result: RunResult | Error) => {
        clearTimeout(timer);
        this.#jobs.delete(id);
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      this.#jobs.set(id, { output: { stdout: [], stderr: [] }, onOutput, settle });
    });
  }

  #hear(message: AgentMessage): void {
    const job = this.#jobs.get(message.id ?? 0);
    if (job === undefined) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = message[stream];
      if (text === undefined) continue;
      const bytes = Buffer.from(text, 'base64');
      job.output[stream].push(bytes);
      job.onOutput?.(stream, bytes);
    }
    if (message.failed !== undefined) job.settle(new Error(message.failed));
    if (message.exitCode !== undefined) {
      job.settle({
        exitCode: message.exitCode,
        signal: message.signal ?? null,
        stdout: Buffer.concat(job.output.stdout).toString(),
        stderr: Buffer.concat(job.output.stderr).toString(),
      });
    }
  }
}

function outputOf(words: readonly string[], { exitCode, signal, stdout, stderr }: RunResult): string {
  if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${signal ?? `exit ${exitCode}`}\n${stderr}`);
  return stdout;
}
