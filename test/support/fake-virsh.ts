import type { Run, Runner, RunOptions } from '../../lib/host/runner.ts';

/** The result of a command: its output, or its error. */
export type FakeAnswer = { readonly output: string } | { readonly error: string };

/** The arguments and options of a process. */
export interface FakeCall {
  readonly args: readonly string[];
  readonly options: RunOptions;
}

const VERSION = 'Using library: libvirt 11.3.0\nRunning against daemon: 11.3.0';

/**
 * A `virsh` with given answers for commands, as an argument or read from stdin. Its output has the format of virsh
 * 11.3; `test/lab/virsh.test.ts` compares the code that reads it with a real one.
 */
export class FakeVirsh implements Runner {
  readonly calls: FakeCall[] = [];
  readonly #answer: (command: readonly string[]) => FakeAnswer;

  constructor(answer: (command: readonly string[]) => FakeAnswer) {
    this.#answer = answer;
  }

  async run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    if (program !== 'virsh') return { kind: 'missing' };
    this.calls.push({ args, options });
    const command = args.slice(args.indexOf('--connect') + 2);
    if (command.length === 0) return this.#readLines(options.input ?? '');
    if (command[0]?.startsWith('echo ') === true) return this.#runScript(command[0]);
    const answer = this.#answerTo(command);
    return 'output' in answer ? exited(answer.output) : exited('', `error: ${answer.error}`, 1);
  }

  #answerTo(command: readonly string[]): FakeAnswer {
    return command[0] === 'version' ? { output: VERSION } : this.#answer(command);
  }

  /** As from a terminal: a prompt, and each line repeated. */
  #readLines(input: string): Run {
    let [stdout, stderr] = ['', 'libvirt: some warning\n'];
    for (const line of input.trimEnd().split('\n')) {
      const { printed, said } = this.#runLine(line);
      stdout += `virsh # ${line}\n${printed}`;
      stderr += said;
    }
    return exited(`${stdout}virsh # `, `${stderr}error: Failed to create '/dev/null/libvirt/virsh'`);
  }

  /** As from a script in one argument, with only the output of the commands. */
  #runScript(script: string): Run {
    const { printed, said } = this.#runLine(script);
    return exited(printed, said);
  }

  #runLine(line: string): { readonly printed: string; readonly said: string } {
    let [printed, said] = ['', ''];
    for (const command of commandsOf(line).map(wordsOf)) {
      if (command[1] === '--err') said += `error: ${command[2]}\n`;
      else if (command[0] === 'echo') printed += command.slice(1).join(' ');
      else {
        const answer = this.#answerTo(command);
        if ('output' in answer) printed += `${answer.output}\n`;
        else said += `error: ${answer.error}\n`;
      }
    }
    return { printed, said };
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
