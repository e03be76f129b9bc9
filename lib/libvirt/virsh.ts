import { randomBytes } from 'node:crypto';
import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import { RUN_TIMEOUT_MS, type Run, type Runner, type RunOptions } from '../host/runner.ts';
import { failConnection, isConnectionFailure } from './connection-failure.ts';
import { checkLibvirtVersion } from './libvirt-version.ts';
import { fitsInScript, formatVirshScript, parseVirshScript } from './virsh-script.ts';

/** What is asked where nobody says which libvirt: that of the system, which holds the machines that get devices. */
const DEFAULT_URI = 'qemu:///system';

const PROGRAM = 'virsh';
/** A libvirt far away needs some tens of milliseconds for each. */
const TIMEOUT_PER_COMMAND_MS = 100;

/** What came of a command. */
export interface VirshAnswer {
  readonly command: readonly string[];
  /** What it printed, without a line's end behind the last line. */
  readonly output: string;
  /** Why it failed, in virsh's words; `null` where it did not. */
  readonly error: string | null;
}

export interface VirshOptions {
  /** Over libvirt's socket for reading, which every user may open. */
  readonly readOnly?: boolean;
}

/**
 * A libvirt, asked through `virsh`, from libvirt 8 on. Words of commands are passed on as they are: no shell sees them.
 *
 * What stands in the way of every command is thrown by all of them as PortalGunError: TOOL_MISSING (virsh),
 * NO_LIBVIRT, LIBVIRT_TOO_OLD, PERMISSION_DENIED, BAD_ARGUMENT (the URI), TOOL_FAILED (it does not end).
 */
export class Virsh {
  /** As virsh takes it with `--connect`. */
  readonly uri: string;
  readonly #runner: Runner;
  readonly #checked = new Map<boolean, Promise<void>>();

  /** @param connect `null` for {@link DEFAULT_URI} */
  constructor(runner: Runner, connect: string | null) {
    this.uri = connect ?? DEFAULT_URI;
    this.#runner = runner;
  }

  /**
   * One command in a process of its own.
   *
   * @param options.input what it can read as the file `/dev/stdin`
   */
  async run(
    command: readonly string[],
    options: VirshOptions & { readonly input?: string } = {},
  ): Promise<VirshAnswer> {
    const { readOnly = false, input } = options;
    await this.#check(readOnly);
    const { exitCode, stdout, stderr } = await this.#start(
      command,
      readOnly,
      input === undefined ? {} : { input },
    );
    return {
      command,
      output: stdout,
      error: exitCode === 0 ? null : errorIn(stderr) || `exits with ${exitCode}`,
    };
  }

  /**
   * Any number of commands, one after another in one process. One that fails does not keep the others back.
   *
   * @param commands without control characters: one that has any is not run, and fails
   */
  async runAll(
    commands: readonly (readonly string[])[],
    options: VirshOptions = {},
  ): Promise<readonly VirshAnswer[]> {
    const { readOnly = false } = options;
    const runnable = commands.filter(fitsInScript);
    const segments = runnable.length === 0 ? [] : await this.#runScript(runnable, readOnly);
    let next = 0;
    return commands.map((command) => {
      if (!fitsInScript(command)) return { command, output: '', error: 'has a control character' };
      const { output, said } = segments[next] as (typeof segments)[number];
      next += 1;
      return { command, output: output.replace(/\n+$/, ''), error: errorIn(said) || null };
    });
  }

  async #runScript(commands: readonly (readonly string[])[], readOnly: boolean) {
    await this.#check(readOnly);
    const mark = randomBytes(8).toString('hex');
    const { stdout, stderr } = await this.#start([], readOnly, {
      input: formatVirshScript(commands, mark),
      timeoutMs: RUN_TIMEOUT_MS + commands.length * TIMEOUT_PER_COMMAND_MS,
      // Commands that virsh reads go through readline: it must not write them to the user's history, nor take its orders
      // from the user's settings.
      environment: { XDG_CACHE_HOME: '/dev/null', INPUTRC: '/dev/null', TERM: 'dumb' },
    });
    const segments = parseVirshScript(stdout, stderr, commands.length, mark);
    if (segments.length < commands.length) {
      const command = commands[segments.length]?.join(' ') ?? '';
      throw new PortalGunError('TOOL_FAILED', `ended before this was done: ${escapeControls(command)}`, {
        subject: PROGRAM,
      });
    }
    return segments;
  }

  /**
   * Connects and looks at the versions, once: commands that are read from standard input would each try to connect anew
   * where that fails.
   */
  #check(readOnly: boolean): Promise<void> {
    const known = this.#checked.get(readOnly);
    if (known !== undefined) return known;
    const checked = this.#start(['version', '--daemon'], readOnly, {}).then(({ stdout }) =>
      checkLibvirtVersion(stdout, this.uri),
    );
    this.#checked.set(readOnly, checked);
    return checked;
  }

  async #start(
    command: readonly string[],
    readOnly: boolean,
    options: RunOptions,
  ): Promise<Extract<Run, { kind: 'exited' }>> {
    const args = ['--quiet', ...(readOnly ? ['--readonly'] : []), '--connect', this.uri, ...command];
    const run = await this.#runner.run(PROGRAM, args, options);
    if (run.kind === 'missing') {
      throw new PortalGunError('TOOL_MISSING', 'is not there', {
        subject: PROGRAM,
        hint: 'install it: in Debian it is of the package libvirt-clients, elsewhere of libvirt-client or libvirt',
      });
    }
    if (run.kind === 'failed') {
      throw new PortalGunError('TOOL_FAILED', `${run.detail}, asked at ${escapeControls(this.uri)}`, {
        subject: PROGRAM,
        hint: 'see whether libvirt answers there: virsh --connect URI list',
      });
    }
    if (run.exitCode !== 0 && isConnectionFailure(run.stderr)) failConnection(errorIn(run.stderr), this.uri);
    return run;
  }
}

/** What virsh says on standard error as its error, and not what libraries say there: one line. */
function errorIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const first = lines.findIndex((line) => line.startsWith('error: '));
  return first < 0
    ? ''
    : lines
        .slice(first)
        .map((line) => line.replace(/^error: /, '').trim())
        .join(': ');
}
