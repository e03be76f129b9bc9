/** The functions of a process for a command that takes long, or needs an answer. */
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
  /** Runs a function that must not be interrupted: a signal that would end the program is recorded instead. */
  guard<T>(run: (interruption: Interruption) => Promise<T>): Promise<T>;
}

/** Whether the program was asked to end, and by which signal. */
interface Interruption {
  readonly aborted: boolean;
  readonly signal: EndingSignal | null;
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

    async guard(run) {
      const interruption = { aborted: false, signal: null as EndingSignal | null };
      const keep = (signal: EndingSignal): void => {
        interruption.aborted = true;
        interruption.signal ??= signal;
      };
      for (const signal of SIGNALS) host.on?.(signal, keep);
      try {
        return await run(interruption);
      } finally {
        for (const signal of SIGNALS) host.off?.(signal, keep);
      }
    },
  };
}
