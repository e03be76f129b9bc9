import type {
  AskOptions,
  Opening,
  OpenProgram,
  ProgramAnswer,
  Run,
  Runner,
  RunOptions,
} from '../../lib/host/runner.ts';

/** The result of a command: its output, or its error. */
export type FakeAnswer = { readonly output: string } | { readonly error: string };

/** The arguments and options of a process. */
export interface FakeCall {
  readonly args: readonly string[];
  readonly options: RunOptions;
}

const VERSION = 'Using library: libvirt 11.3.0\nRunning against daemon: 11.3.0';

type Answering = (command: readonly string[], call: FakeCall) => FakeAnswer;

/**
 * A `virsh` with given answers for commands, as an argument or read from stdin. Its output has the format of virsh
 * 11.3; `test/lab/virsh.test.ts` compares the code that reads it with a real one.
 */
export class FakeVirsh implements Runner {
  /** One for each process, also for one that is kept open. */
  readonly calls: FakeCall[] = [];
  /** Those that are or were kept open. */
  readonly opened: FakeOpenVirsh[] = [];
  readonly #answer: Answering;

  constructor(answer: Answering) {
    this.#answer = answer;
  }

  async run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    if (program !== 'virsh') return { kind: 'missing' };
    this.calls.push({ args, options });
    const command = args.slice(args.indexOf('--connect') + 2);
    const call = { args, options };
    if (command.length === 0) {
      const { stdout, stderr } = this.#readLines(options.input ?? '', call);
      return exited(`${stdout}virsh # `, `${stderr}error: Failed to create '/dev/null/libvirt/virsh'`);
    }
    // As from a script in one argument, with nothing around what is printed.
    if (command[0]?.startsWith('echo ') === true) {
      const { printed, said } = this.#runLine(command[0], call);
      return exited(printed, said);
    }
    const answer = this.#answerTo(command, call);
    return 'output' in answer ? exited(answer.output) : exited('', `error: ${answer.error}`, 1);
  }

  async open(
    program: string,
    args: readonly string[],
    options: Pick<RunOptions, 'environment'> = {},
  ): Promise<Opening> {
    if (program !== 'virsh') return { kind: 'missing' };
    this.calls.push({ args, options });
    const opened = new FakeOpenVirsh((request, input) =>
      this.#readLines(request, { args, options: input === undefined ? options : { ...options, input } }),
    );
    this.opened.push(opened);
    return { kind: 'open', program: opened };
  }

  #answerTo(command: readonly string[], call: FakeCall): FakeAnswer {
    return command[0] === 'version' ? { output: VERSION } : this.#answer(command, call);
  }

  /** As from a terminal: a prompt, and each line repeated. */
  #readLines(input: string, call: FakeCall): Printed {
    let [stdout, stderr] = ['', 'libvirt: some warning\n'];
    for (const line of input.trimEnd().split('\n')) {
      const { printed, said } = this.#runLine(line, call);
      stdout += `virsh # ${line}\n${printed}`;
      stderr += said;
    }
    return { stdout, stderr };
  }

  #runLine(line: string, call: FakeCall): { readonly printed: string; readonly said: string } {
    let [printed, said] = ['', ''];
    for (const command of commandsOf(line).map(wordsOf)) {
      if (command[1] === '--err') said += `error: ${command[2]}\n`;
      else if (command[0] === 'echo') printed += command.slice(1).join(' ');
      else {
        const answer = this.#answerTo(command, call);
        if ('output' in answer) printed += `${answer.output}\n`;
        else said += `error: ${answer.error}\n`;
      }
    }
    return { printed, said };
  }
}

interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** A `virsh` that is kept open. */
export class FakeOpenVirsh implements OpenProgram {
  isOpen = true;
  /** The scripts that it read. */
  readonly requests: string[] = [];
  /** How a request ends it. */
  ends: Exclude<ProgramAnswer, { kind: 'answered' }> = { kind: 'failed', detail: 'was ended by SIGKILL' };
  /** The command that ends it, before it is carried out; `null` if it answers all. */
  endsAt: string | null = null;
  readonly #read: (request: string, input: string | undefined) => Printed;

  constructor(read: (request: string, input: string | undefined) => Printed) {
    this.#read = read;
  }

  async ask(request: string, until: string, { input }: AskOptions = {}): Promise<ProgramAnswer> {
    if (!this.isOpen) throw new Error('it is closed');
    this.requests.push(request);
    if (this.endsAt !== null && request.includes(`\n${this.endsAt} `)) {
      this.isOpen = false;
      return this.ends;
    }
    const printed = this.#read(request, input);
    const isWhole = printed.stdout.includes(until) && printed.stderr.includes(until);
    return isWhole ? { kind: 'answered', ...printed } : { kind: 'failed', detail: 'did not answer' };
  }

  async close(): Promise<void> {
    this.isOpen = false;
  }
}

function exited(stdout: string, stderr = '', exitCode = 0): Run {
  return { kind: 'exited', exitCode, stdout, stderr };
}

function commandsOf(line: string): readonly string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|[^;"])+/g) ?? [];
}

/** The words of a command, as the parser of virsh splits them. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  return words.map((word) => word.replace(/\\(.)|"/g, '$1'));
}
