import { randomBytes } from 'node:crypto';
import type { Run, Runner, RunOptions } from '../host/runner.ts';
import { DEFAULT_URI } from './connection-uri.ts';
import { checkLibvirtVersion, VERSION_COMMAND } from './libvirt-version.ts';
import { demandExited, endedBefore, errorIn, resultOf, VIRSH } from './virsh-answers.ts';
import {
  fitsInScript,
  formatVirshScript,
  LINES_ENVIRONMENT,
  parseVirshScript,
  scriptTimeoutMs,
} from './virsh-script.ts';

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
      const segment = segments[next] as (typeof segments)[number];
      next += 1;
      return { command, ...resultOf(segment) };
    });
  }

  async #runScript(commands: readonly (readonly string[])[], readOnly: boolean, input: string | undefined) {
    // What is given something to read is there to change something, and so waits for the version. What is asked first of a
    // libvirt else is what it has: no use where the version is wrong, and no harm. Then the version is looked at in the
    // same process, which takes longer to start than to do all of it.
    if (input !== undefined) await this.#check(readOnly);
    const checks = !this.#isChecked;
    const asked = checks ? [VERSION_COMMAND, ...commands] : commands;
    const form = input === undefined ? 'lines' : 'argument';
    const mark = randomBytes(8).toString('hex');
    const script = formatVirshScript(asked, mark, form);
    const { stdout, stderr } = await this.#start(form === 'lines' ? [] : [script], readOnly, {
      input: input ?? script,
      timeoutMs: scriptTimeoutMs(commands),
      environment: LINES_ENVIRONMENT,
    });
    const segments = parseVirshScript(stdout, stderr, asked.length, mark, form);
    // One that is too old may not know how marks are printed.
    if (checks) this.#learnVersion(segments[0]?.output ?? stdout);
    if (segments.length < asked.length) throw endedBefore(asked[segments.length] ?? [], stderr, mark);
    return checks ? segments.slice(1) : segments;
  }

  /** Looks at the versions, in a process of its own, before anything is changed. */
  async #check(readOnly: boolean): Promise<void> {
    if (this.#isChecked) return;
    const { stdout } = await this.#start(VERSION_COMMAND, readOnly, {});
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
    return demandExited(await this.#runner.run(VIRSH, args, options), this.uri);
  }
}
