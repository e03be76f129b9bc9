/** A stream of a process that text is written to. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown;
}

/**
 * A stream that is written to until it fails. That ends nothing: what is being made of a host is made or undone all the same,
 * and what is left to say has nobody to hear it.
 */
export class Output {
  readonly #open: () => OutputStream;
  #stream: OutputStream | undefined;
  readonly #onLoss: (code: string) => void;
  #hasFailed = false;
  #isLost = false;

  /**
   * @param open gives the stream when there is something to write
   * @param onLoss told once, with the kernel's word, where something that somebody would read could not be written
   */
  constructor(open: () => OutputStream, onLoss: (code: string) => void) {
    this.#open = open;
    this.#onLoss = onLoss;
  }

  /** Whether something could not be written; not where the reader of a pipe went away, or a terminal was hung up. */
  get isLost(): boolean {
    return this.#isLost;
  }

  write(text: string): void {
    if (text === '' || this.#hasFailed) return;
    try {
      this.#streamOf().write(text);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #streamOf(): OutputStream {
    if (this.#stream === undefined) {
      this.#stream = this.#open();
      this.#stream.on('error', (error) => this.#fail(error));
    }
    return this.#stream;
  }

  #fail(error: Error & { code?: string }): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const code = error.code ?? error.message;
    if (code === 'EPIPE' || (code === 'EIO' && this.#stream?.isTTY === true)) return;
    this.#isLost = true;
    this.#onLoss(code);
  }
}
