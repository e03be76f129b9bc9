import type { Readable, Writable } from 'node:stream';
import type { RawStreams } from './raw-streams.ts';

/** The parts of the process for a command that takes long, or needs an answer. */
export interface Dialogue {
  /** Whether a user can answer. */
  readonly canAsk: boolean;
  /** Prints text immediately, on stderr. */
  say(text: string): void;
  /**
   * Asks a yes-or-no question; `null` if there is no terminal.
   *
   * @throws Interrupted on Ctrl-C
   */
  confirm(question: string): Promise<boolean | null>;
  /**
   * Asks for text until it is valid; only if a person can answer.
   *
   * @throws Interrupted on Ctrl-C
   */
  ask(question: string, options: AskOptions): Promise<string>;
  /** Runs something that must not be interrupted: a signal that would end the program is recorded instead. */
  guard<T>(run: (interruption: Interruption) => Promise<T>): Promise<T>;
  /** Opens the streams of the process as bytes; close them. */
  openStreams(): Promise<RawStreams>;
}

interface AskOptions {
  /** The value of an empty answer; `null` if an answer is required. */
  readonly default: string | null;
  /** The problem of an answer; `null` if it is valid. */
  faultOf(text: string): string | null;
}

/** Whether a signal asks the program to end, and by which signal. */
export interface Interruption {
  readonly aborted: boolean;
  readonly signal: EndingSignal | null;
  /** Is aborted then, so that waiting work ends. */
  readonly ending: AbortSignal;
}

/** Ctrl-C was pressed at a question. */
export class Interrupted extends Error {}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndingSignal = (typeof SIGNALS)[number];

/** The streams and signals of a process for a dialogue. */
export interface DialogueProcess {
  readonly stdin?: { readonly isTTY?: boolean };
  readonly stderr: { readonly isTTY?: boolean };
  on?(signal: EndingSignal, listener: (signal: EndingSignal) => void): unknown;
  off?(signal: EndingSignal, listener: (signal: EndingSignal) => void): unknown;
  openStreams?(): Promise<RawStreams>;
}

/** @param say prints text on stderr, and does not throw if that fails */
export function dialogueWith(host: DialogueProcess, say: (text: string) => void): Dialogue {
  // Creating a stream takes time, and few commands ask.
  const canAsk = (): boolean => host.stdin?.isTTY === true && host.stderr.isTTY === true;
  return {
    get canAsk() {
      return canAsk();
    },
    say,

    async confirm(question) {
      if (!canAsk()) return null;
      // Few commands ask, and loading it would delay all of them.
      const { createInterface } = await import('node:readline/promises');
      const asking = createInterface({
        input: host.stdin as unknown as NodeJS.ReadableStream,
        output: host.stderr as unknown as NodeJS.WritableStream,
      });
      // The end of the input means no.
      const given = new Promise<string>((resolve, reject) => {
        asking.once('SIGINT', () => reject(new Interrupted()));
        asking.once('close', () => resolve(''));
        asking.question(`${question} [y/N] `).then(resolve, () => resolve(''));
      });
      const answer = await given.finally(() => asking.close());
      return /^y(es)?$/i.test(answer.trim());
    },

    async ask(question, { default: value, faultOf }) {
      const { isCancel, text } = await import('@clack/prompts');
      const answer = await text({
        message: question,
        ...(value === null ? {} : { placeholder: value, defaultValue: value }),
        validate: (given) => (value !== null && !given ? undefined : (faultOf(given ?? '') ?? undefined)),
        input: host.stdin as unknown as Readable,
        output: host.stderr as unknown as Writable,
      });
      if (isCancel(answer)) throw new Interrupted();
      return answer;
    },

    async guard(run) {
      const ending = new AbortController();
      const interruption = {
        aborted: false,
        signal: null as EndingSignal | null,
        ending: ending.signal,
      };
      const keep = (signal: EndingSignal): void => {
        interruption.aborted = true;
        interruption.signal ??= signal;
        ending.abort();
      };
      for (const signal of SIGNALS) host.on?.(signal, keep);
      try {
        return await run(interruption);
      } finally {
        for (const signal of SIGNALS) host.off?.(signal, keep);
      }
    },

    async openStreams() {
      if (host.openStreams === undefined) throw new Error('a process without streams of bytes');
      return host.openStreams();
    },
  };
}
