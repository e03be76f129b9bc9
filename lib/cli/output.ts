/** A stream of a process that text is written to. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown;
}

/** Who reads it went away, or the terminal was hung up: that is no news to anybody. */
const UNHEARD: readonly string[] = ['EPIPE', 'EIO'];

/**
 * A stream that is written to until it fails. That ends nothing: what is being made of a host is made or undone all the same,
 * and what is left to say has nobody to hear it.
 */
export class Output {
  readonly #stream: OutputStream;
  readonly #onFailure: (code: string) => void;
  #failure: string | null = null;

  /** @param onFailure told once, with the kernel's word; of a stream that nobody reads any more it is not news */
  constructor(stream: OutputStream, onFailure: (code: string, isNews: boolean) => void) {
    this.#stream = stream;
    this.#onFailure = (code) => onFailure(code, !UNHEARD.includes(code));
    stream.on('error', (error) => this.#fail(error));
  }

  get isFailed(): boolean {
    return this.#failure !== null;
  }

  write(text: string): void {
    if (text === '' || this.isFailed) return;
    try {
      this.#stream.write(text);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error & { code?: string }): void {
    if (this.#failure !== null) return;
    this.#failure = error.code ?? error.message;
    this.#onFailure(this.#failure);
  }
}
