import type { Run, Runner, RunOptions } from '../../lib/host/runner.ts';

/** What a command comes to: what it prints, or why it fails. */
export type FakeAnswer = { readonly output: string } | { readonly error: string };

/** What a process of it was started with. */
export interface FakeCall {
  readonly args: readonly string[];
  readonly options: RunOptions;
}

const VERSION = 'Using library: libvirt 11.3.0\nRunning against daemon: 11.3.0';

/**
 * A `virsh` that answers each command so, one that is an argument and those that it reads. It prints what virsh 11.3
 * does, to which `test/lab/virsh.test.ts` holds the code that reads it.
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
    if (command[0] === 'version') return exited(VERSION);
    if (command.length === 0) return this.#readLines(options.input ?? '');
    const answer = this.#answer(command);
    return 'output' in answer ? exited(answer.output) : exited('', `error: ${answer.error}`, 1);
  }

  /** As from a person, whom it shows a prompt and each line once more. */
  #readLines(input: string): Run {
    let [stdout, stderr] = ['', 'libvirt: some warning\n'];
    for (const line of input.trimEnd().split('\n')) {
      stdout += `virsh # ${line}\n`;
      for (const command of line.split(/; (?=echo --err )/).map(wordsOf)) {
        if (command[1] === '--err') stderr += `error: ${command[2]}\n`;
        else if (command[0] === 'echo') stdout += command.slice(1).join(' ');
        else {
          const answer = this.#answer(command);
          if ('output' in answer) stdout += `${answer.output}\n`;
          else stderr += `error: ${answer.error}\n`;
        }
      }
    }
    return exited(`${stdout}virsh # `, `${stderr}error: Failed to create '/dev/null/libvirt/virsh'`);
  }
}

function exited(stdout: string, stderr = '', exitCode = 0): Run {
  return { kind: 'exited', exitCode, stdout, stderr };
}

/** The words of a line, as the parser of virsh takes them. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  return words.map((word) => word.replace(/\\(.)|"/g, '$1'));
}
