import { escapeControls } from '../../../base/text.ts';
import { ConsoleText } from '../../../guest/console/console-text.ts';
import { EscapeKeys, type KeyAction } from '../../../guest/console/escape-keys.ts';
import { type OpenConsole, openConsole } from '../../../operations/console/open-console.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue, Interruption } from '../../terminal/dialogue.ts';
import type { RawStreams } from '../../terminal/raw-streams.ts';
import { ENDED, endedBy } from './console-ended.ts';

interface AttachValues {
  readonly machine: string;
  readonly resume: boolean;
  /** The byte of the escape character. */
  readonly escape: number;
}

/** How long a console is silent after the end of an input that is no terminal, until the command ends. */
const QUIET_MS = 1000;
/**
 * Resets the modes that a guest may have left on: colors, a hidden cursor, reports of the mouse, bracketed paste,
 * other codes for the cursor keys.
 */
const RESTORE = '\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>';

/** The interval in which the time is checked. */
const TICK_MS = 100;

/** Why the console is left. */
type End = 'left' | 'closed' | 'input-ended' | 'output-ended' | 'signal';

/** `portal console`: joins the terminal, or the pipes, of this process with the console. */
export async function attach(
  session: HostSession,
  { machine, resume, escape: escapeByte }: AttachValues,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const streams = await dialogue.openStreams();
  try {
    return await dialogue.guard(async (interruption) => {
      const opened = await openConsole(session, { machine, resume });
      try {
        return await relayed({ session, opened, streams, dialogue, escapeByte, resume }, interruption);
      } finally {
        opened.close();
      }
    });
  } finally {
    streams.close();
  }
}

interface Attached {
  readonly session: HostSession;
  readonly opened: OpenConsole;
  readonly streams: RawStreams;
  readonly dialogue: Dialogue;
  readonly escapeByte: number;
  readonly resume: boolean;
}

async function relayed(attached: Attached, interruption: Interruption): Promise<CommandResult> {
  const { opened, streams, dialogue, escapeByte, resume } = attached;
  const isInteractive = streams.input.isTerminal;
  const name = escapeControls(opened.name);
  if (isInteractive) {
    dialogue.say(greeting(opened, resume, escapeByte));
    await streams.output.write(tailText(opened.tail));
    streams.input.setRaw(true);
  }
  const end = await new Relay(attached, isInteractive).run(interruption);
  if (isInteractive) {
    streams.input.setRaw(false);
    if (streams.output.isTerminal) await streams.output.write(Buffer.from(`${RESTORE}\r\n`));
  }
  if (end === 'closed') dialogue.say(`portal: ${name}: the console closed: the VM stopped\n`);
  else if (isInteractive) dialogue.say(`portal: ${name}: disconnected; the VM is unchanged\n`);
  return interruption.signal === null ? ENDED : endedBy(interruption.signal);
}

function greeting({ name, state }: OpenConsole, resume: boolean, escapeByte: number): string {
  const key = keyName(escapeByte);
  const paused = state === 'paused' && !resume ? '; the VM is paused: --resume resumes it' : '';
  return `portal: connected to ${escapeControls(name)}${paused} (${key} leaves, ${key} ? shows help)\n`;
}

function keyName(byte: number): string {
  return byte < 0x20 ? `^${String.fromCharCode(byte + 0x40)}` : String.fromCharCode(byte);
}

/** Earlier output, so that a person sees the state of the guest; no part of it acts on the terminal. */
function tailText(tail: Uint8Array): Uint8Array {
  const text = new ConsoleText({ keepsColors: true });
  return Buffer.from(text.push(tail) + text.end());
}

/** Carries bytes both ways until one side ends. */
class Relay {
  readonly #session: HostSession;
  readonly #opened: OpenConsole;
  readonly #streams: RawStreams;
  readonly #dialogue: Dialogue;
  readonly #escapeByte: number;
  /** `null` if the input is no terminal: then all of it is for the guest. */
  readonly #keys: EscapeKeys | null;
  /** For a terminal whose user does not type: the output then does not act on the terminal. */
  readonly #text: ConsoleText | null;
  #inputEnded = false;
  #lastOutputMs: number;

  constructor({ session, opened, streams, dialogue, escapeByte }: Attached, isInteractive: boolean) {
    this.#session = session;
    this.#opened = opened;
    this.#streams = streams;
    this.#dialogue = dialogue;
    this.#escapeByte = escapeByte;
    this.#keys = isInteractive ? new EscapeKeys(escapeByte) : null;
    this.#text = !isInteractive && streams.output.isTerminal ? new ConsoleText({ keepsColors: true }) : null;
    this.#lastOutputMs = session.ports.monotonicMs();
  }

  async run({ ending }: Interruption): Promise<End> {
    const wake = new AbortController();
    const stop = AbortSignal.any([ending, wake.signal]);
    try {
      return await Promise.race([this.#guestToOutput(), this.#inputToGuest(stop), this.#time(stop)]);
    } finally {
      wake.abort();
      if (this.#text !== null) await this.#streams.output.write(Buffer.from(this.#text.end()));
    }
  }

  async #guestToOutput(): Promise<End> {
    for (;;) {
      const bytes = await this.#opened.channel.read();
      if (bytes === null) return 'closed';
      this.#lastOutputMs = this.#session.ports.monotonicMs();
      const shown = this.#text === null ? bytes : Buffer.from(this.#text.push(bytes));
      // A slow terminal slows down the guest, so that no output is stored here.
      if (!(await this.#streams.output.write(shown))) return 'output-ended';
    }
  }

  async #inputToGuest(stop: AbortSignal): Promise<End> {
    for (;;) {
      const bytes = await this.#streams.input.read();
      if (bytes === null) break;
      const actions: readonly KeyAction[] = this.#keys?.feed(bytes, this.#session.ports.monotonicMs()) ?? [
        { kind: 'send', bytes },
      ];
      for (const action of actions) {
        if (action.kind === 'leave') return 'left';
        if (!(await this.#act(action))) return 'closed';
      }
    }
    // Nothing is restored on a terminal that was hung up.
    if (this.#keys !== null) return 'input-ended';
    this.#inputEnded = true;
    this.#lastOutputMs = this.#session.ports.monotonicMs();
    await this.#stopped(stop);
    return 'signal';
  }

  async #act(action: Exclude<KeyAction, { kind: 'leave' }>): Promise<boolean> {
    if (action.kind === 'send') return this.#opened.channel.write(action.bytes);
    if (action.kind === 'help') {
      this.#dialogue.say(helpText(keyName(this.#escapeByte)));
      return true;
    }
    const size = this.#streams.output.size();
    if (size === null) return true;
    return this.#opened.channel.write(Buffer.from(`stty rows ${size.rows} cols ${size.columns}\r`));
  }

  /** Ends the wait after the escape character, and the wait for a silent guest. */
  async #time(stop: AbortSignal): Promise<End> {
    const { ports } = this.#session;
    while (!stop.aborted) {
      const now = ports.monotonicMs();
      if (this.#keys?.tick(now) === true) return 'left';
      if (this.#inputEnded && now - this.#lastOutputMs >= QUIET_MS) return 'input-ended';
      await ports.pause(TICK_MS, stop);
    }
    return 'signal';
  }

  async #stopped(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) await this.#session.ports.pause(QUIET_MS, stop);
  }
}

function helpText(key: string): string {
  const lines = [
    `${key}      leave the console (also before any other key); the VM goes on`,
    `${key} ?    show this help`,
    `${key} s    type "stty rows R cols C" with the size of this terminal, and Enter: for a shell`,
    `${key} ${key}   send ${key} to the VM`,
  ];
  return `\r\n${lines.map((line) => `${line}\r\n`).join('')}`;
}
