import { randomBytes } from 'node:crypto';
import { OPEN_INPUT, type Opening, type OpenProgram, type Runner } from '../host/runner.ts';
import { failConnection, isConnectionFailure } from './connection-failure.ts';
import { checkLibvirtVersion, VERSION_COMMAND } from './libvirt-version.ts';
import { Virsh, type VirshAnswer } from './virsh.ts';
import { demandExited, endedBefore, errorIn, resultOf, VIRSH } from './virsh-answers.ts';
import {
  endOfVirshScript,
  fitsInScript,
  formatVirshScript,
  LINES_ENVIRONMENT,
  parseVirshScript,
  scriptTimeoutMs,
} from './virsh-script.ts';

type Commands = readonly (readonly string[])[];

/**
 * A libvirt, asked through one `virsh` that stays connected: a process for each request takes 15 to 45 ms, which is longer
 * than nearly everything that is asked of it. It is started by the first request, and started again if it ended since the
 * last one. A request that it does not survive fails: it is not known what became of it, so it is not repeated.
 *
 * It ends when the programs of its runner are closed. If the runner cannot keep a program open, each request has a process.
 *
 * What prevents every command is thrown as a PortalGunError, as {@link Virsh} does.
 */
export class KeptVirsh {
  readonly #runner: Runner;
  readonly #uri: string;
  /** For what cannot be read as a line, and if no program can be kept open. */
  readonly #virsh: Virsh;
  #program: OpenProgram | null = null;

  constructor(runner: Runner, uri: string) {
    this.#runner = runner;
    this.#uri = uri;
    this.#virsh = new Virsh(runner, uri);
  }

  /** The file that commands can read `input` from. */
  get inputFile(): string {
    return this.#runner.open === undefined ? '/dev/stdin' : OPEN_INPUT;
  }

  /**
   * Any number of commands, one after another. One that fails does not prevent the others.
   *
   * @param input what one command can read as {@link inputFile}; no command may have control characters then
   * @param moreMs how much longer than usual they may take
   */
  async runAll(commands: Commands, input?: string, moreMs = 0): Promise<readonly VirshAnswer[]> {
    if (commands.every(fitsInScript)) return this.#runScript(commands, input, moreMs);
    const answers: VirshAnswer[] = [];
    for (const command of commands) {
      const isLine = fitsInScript(command);
      answers.push(...(isLine ? await this.#runScript([command]) : [await this.#virsh.run(command)]));
    }
    return answers;
  }

  async #runScript(commands: Commands, input?: string, moreMs = 0): Promise<readonly VirshAnswer[]> {
    if (this.#runner.open === undefined) {
      return this.#virsh.runAll(commands, { moreMs, ...(input === undefined ? {} : { input }) });
    }
    if (this.#program?.isOpen !== true) {
      const args = ['--quiet', '--connect', this.#uri];
      const opening = await this.#runner.open(VIRSH, args, { environment: LINES_ENVIRONMENT });
      this.#program = await this.#checked(opening);
    }
    return this.#ask(this.#program, commands, input, moreMs);
  }

  /** A program that answers, of a version that will do: nothing is changed before that is known. */
  async #checked(opening: Opening): Promise<OpenProgram> {
    const program = opening.kind === 'open' ? opening.program : demandExited(opening, this.#uri);
    try {
      const [answer] = await this.#ask(program, [VERSION_COMMAND]);
      checkLibvirtVersion(answer?.output ?? '', this.#uri);
    } catch (error) {
      await program.close();
      throw error;
    }
    return program;
  }

  async #ask(
    program: OpenProgram,
    commands: Commands,
    input?: string,
    moreMs = 0,
  ): Promise<readonly VirshAnswer[]> {
    const mark = randomBytes(8).toString('hex');
    const script = formatVirshScript(commands, mark, 'lines');
    const answer = await program.ask(script, endOfVirshScript(commands, mark), {
      timeoutMs: scriptTimeoutMs(commands) + moreMs,
      ...(input === undefined ? {} : { input }),
    });
    if (answer.kind !== 'answered') await program.close();
    const { stdout, stderr } = answer.kind === 'answered' ? answer : demandExited(answer, this.#uri);
    const segments = parseVirshScript(stdout, stderr, commands.length, mark, 'lines');
    const undone = commands[segments.length];
    if (undone !== undefined) throw endedBefore(undone, stderr, mark);
    const lost = segments.find(({ said }) => isConnectionFailure(said));
    if (lost !== undefined) failConnection(errorIn(lost.said), this.#uri);
    return commands.map((command, index) => ({
      command,
      ...resultOf(segments[index] ?? { output: '', said: '' }),
    }));
  }
}
