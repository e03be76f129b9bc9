import { randomBytes } from 'node:crypto';
import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import { RUN_TIMEOUT_MS, type Run, type Runner, type RunOptions } from '../host/runner.ts';
import { failConnection, isConnectionFailure } from './connection-failure.ts';
import { DEFAULT_URI } from './connection-uri.ts';
import { checkLibvirtVersion } from './libvirt-version.ts';
import { fitsInScript, formatVirshScript, parseVirshScript } from './virsh-script.ts';

const PROGRAM = 'virsh';
const VERSION = ['version', '--daemon'];
/** A libvirt far away needs some tens of milliseconds for each. */
const TIMEOUT_PER_COMMAND_MS = 100;

/** The result of a command. */
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
  /** What one command can read as the file `/dev/stdin`. */
  readonly input?: string;
}

/**
 * A libvirt, asked through `virsh`, from libvirt 8 on. Words of commands are passed on as they are: no shell sees them. Each
 * process connects anew, which takes longer than most that is asked: what belongs together is asked in one.
 *
 * What stands in the way of every command is thrown by all of them as PortalGunError: TOOL_MISSING (virsh),
 * NO_LIBVIRT, LIBVIRT_TOO_OLD, PERMISSION_DENIED, BAD_ARGUMENT (the URI), TOOL_FAILED (it does not end).
 */
export class Virsh {
  /** As virsh takes it with `--connect`. */
  readonly uri: string;
  readonly #runner: Runner;
  #isChecked = false;

  /** @param connect `null` for {@link DEFAULT_URI} */
  constructor(runner: Runner, connect: string | null) {
    this.uri = connect ?? DEFAULT_URI;
    this.#runner = runner;
  }

  /** One command in a process of its own. */
  async run(command: readonly string[], options: VirshOptions = {}): Promise<VirshAnswer> {
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
   * @param commands without control characters: one that has any is not run, and fails. With `input` they are one argument of
   *   the process: together no longer than Linux takes (128 KiB), and one that virsh does not know keeps all from being run;
   *   both is TOOL_FAILED
   */
  async runAll(
    commands: readonly (readonly string[])[],
    options: VirshOptions = {},
  ): Promise<readonly VirshAnswer[]> {
    const { readOnly = false, input } = options;
    const runnable = commands.filter(fitsInScript);
    const segments = runnable.length === 0 ? [] : await this.#runScript(runnable, readOnly, input);
    let next = 0;
    return commands.map((command) => {
      if (!fitsInScript(command)) return { command, output: '', error: 'has a control character' };
      const { output, said } = segments[next] as (typeof segments)[number];
      next += 1;
      return { command, output: output.replace(/\n+$/, ''), error: errorIn(said) || null };
    });
  }

  async #runScript(commands: readonly (readonly string[])[], readOnly: boolean, input: string | undefined) {
    // What is given something to read is there to change something, and so waits for the version. What is asked first of a
    // libvirt else is what it has: no use where the version is wrong, and no harm. Then the version is looked at in the
    // same process, which takes longer to start than to do all of it.
    if (input !== undefined) await this.#check(readOnly);
    const checks = !this.#isChecked;
    const asked = checks ? [VERSION, ...commands] : commands;
    const form = input === undefined ? 'lines' : 'argument';
    const mark = randomBytes(8).toString('hex');
    const script = formatVirshScript(asked, mark, form);
    const { stdout, stderr } = await this.#start(form === 'lines' ? [] : [script], readOnly, {
      input: input ?? script,
      timeoutMs: RUN_TIMEOUT_MS + commands.length * TIMEOUT_PER_COMMAND_MS,
      // Commands that virsh reads go through readline: it must not write them to the user's history, nor take its orders
      // from the user's settings.
      environment: { XDG_CACHE_HOME: '/dev/null', INPUTRC: '/dev/null', TERM: 'dumb' },
    });
    const segments = parseVirshScript(stdout, stderr, asked.length, mark, form);
    // One that is too old may not know how marks are printed.
    if (checks) this.#learnVersion(segments[0]?.output ?? stdout);
    if (segments.length < asked.length) {
      const command = asked[segments.length]?.join(' ') ?? '';
      const last = lastLine(stderr, mark);
      const said = last === null ? '' : ` (it said: ${last})`;
      throw new PortalGunError(
        'TOOL_FAILED',
        escapeControls(`ended before this was done: ${command}${said}`),
        { subject: PROGRAM },
      );
    }
    return checks ? segments.slice(1) : segments;
  }

  /** Looks at the versions, in a process of its own, before anything is changed. */
  async #check(readOnly: boolean): Promise<void> {
    if (this.#isChecked) return;
    const { stdout } = await this.#start(VERSION, readOnly, {});
    this.#learnVersion(stdout);
  }

  #learnVersion(said: string): void {
    checkLibvirtVersion(said, this.uri);
    this.#isChecked = true;
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

const MOST_SAID = 300;

/** What it says at its end of the folder for a history, which it does not get from us. */
const NO_HISTORY = /^error: Failed to create '\/dev\/null\//;

/** What it said last of its own accord, as much of it as is read: that a library is missing, where it can't even start. */
function lastLine(stderr: string, mark: string): string | null {
  return (
    linesIn(stderr)
      .filter((line) => !line.includes(mark))
      .at(-1)
      ?.slice(0, MOST_SAID) ?? null
  );
}

/** What virsh says on standard error as its error, and not what libraries say there: one line. */
function errorIn(stderr: string): string {
  const lines = linesIn(stderr);
  const first = lines.findIndex((line) => line.startsWith('error: '));
  return first < 0
    ? ''
    : lines
        .slice(first)
        .map((line) => line.replace(/^error: /, '').trim())
        .join(': ');
}

function linesIn(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line.trim() !== '' && !NO_HISTORY.test(line));
}
