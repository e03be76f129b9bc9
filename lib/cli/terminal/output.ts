/** A stream of a process that text is written to. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown;
}

/**
 * A stream that is written to until it fails. A failure ends nothing: a change of a host is still made or undone, and
 * the remaining text is discarded.
 */
export class Output {
  readonly #open: () => OutputStream;
  #stream: OutputStream | undefined;
  readonly #onLoss: (code: string) => void;
  #hasFailed = false;
  #isLost = false;

  /**
   * @param open returns the stream when there is text to write
   * @param onLoss called once, with the kernel's name of the error, if output that has a reader could not be written
   */
  constructor(open: () => OutputStream, onLoss: (code: string) => void) {
    this.#open = open;
    this.#onLoss = onLoss;
  }

  /** Whether output was lost; not if the reader of a pipe ended, or a terminal was hung up. */
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
