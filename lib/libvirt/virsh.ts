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
  /** Its output, without a line end after the last line. */
  readonly output: string;
  /** The error of virsh; `null` if the command succeeded. */
  readonly error: string | null;
}

export interface VirshOptions {
  /** Over the read-only socket of libvirt, which every user may open. */
  readonly readOnly?: boolean;
  /** The content of `/dev/stdin` for one command. */
  readonly input?: string;
  /** How much longer than usual several commands may take. */
  readonly moreMs?: number;
}

/**
 * A libvirt, accessed through `virsh`, from libvirt 8 on. Words of commands are passed unchanged, without a shell.
 * Each process connects again, which takes longer than most commands, so related commands run in one process.
 *
 * Problems of all commands are thrown as PortalGunError: TOOL_MISSING (virsh), NO_LIBVIRT, LIBVIRT_TOO_OLD,
 * PERMISSION_DENIED, BAD_ARGUMENT (the URI), TOOL_FAILED (it does not end).
 */
export class Virsh {
  /** The value of `--connect` for virsh. */
  readonly uri: string;
  readonly #runner: Runner;
  #isChecked = false;

  /** @param connect `null` for {@link DEFAULT_URI} */
  constructor(runner: Runner, connect: string | null) {
    this.uri = connect ?? DEFAULT_URI;
    this.#runner = runner;
  }

  /** Runs one command in a process of its own. */
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
   * Runs any number of commands, one after another in one process. If one fails, the others still run.
   *
   * @param commands without control characters: a command with one is not run, and fails. With `input` they are one
   * argument of
   *   the process: together at most as long as Linux allows (128 KiB), and an unknown command prevents all from
   *   running;
   *   both result in TOOL_FAILED
   */
  async runAll(
    commands: readonly (readonly string[])[],
    options: VirshOptions = {},
  ): Promise<readonly VirshAnswer[]> {
    const { readOnly = false, input, moreMs = 0 } = options;
    const runnable = commands.filter(fitsInScript);
    const segments = runnable.length === 0 ? [] : await this.#runScript(runnable, readOnly, input, moreMs);
    let next = 0;
    return commands.map((command) => {
      if (!fitsInScript(command)) return { command, output: '', error: 'has a control character' };
      const segment = segments[next] as (typeof segments)[number];
      next += 1;
      return { command, ...resultOf(segment) };
    });
  }

  async #runScript(
    commands: readonly (readonly string[])[],
    readOnly: boolean,
    input: string | undefined,
    moreMs: number,
  ) {
    // Commands with input change something, so the version is checked before. Other first commands only read, so a
    // wrong version makes them useless but not harmful. Then the version is checked in the same process, because
    // starting a process takes longer than all commands.
    if (input !== undefined) await this.#check(readOnly);
    const checks = !this.#isChecked;
    const asked = checks ? [VERSION_COMMAND, ...commands] : commands;
    const form = input === undefined ? 'lines' : 'argument';
    const mark = randomBytes(8).toString('hex');
    const script = formatVirshScript(asked, mark, form);
    const { stdout, stderr } = await this.#start(form === 'lines' ? [] : [script], readOnly, {
      input: input ?? script,
      timeoutMs: scriptTimeoutMs(commands) + moreMs,
      environment: LINES_ENVIRONMENT,
    });
    const segments = parseVirshScript(stdout, stderr, asked.length, mark, form);
    // A libvirt that is too old may not know how marks are printed.
    if (checks) this.#learnVersion(segments[0]?.output ?? stdout);
    if (segments.length < asked.length) throw endedBefore(asked[segments.length] ?? [], stderr, mark);
    return checks ? segments.slice(1) : segments;
  }

  /** Checks the versions, in a separate process, before a change. */
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
