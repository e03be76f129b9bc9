import type { Readable } from 'node:stream';

/** A stream of Node as bytes that are asked for: it does not flow, so nothing is read ahead but its own small buffer. */
export class ReadableBytes {
  readonly #stream: Readable;
  #hasEnded = false;
  #wake: (() => void) | null = null;

  constructor(stream: Readable) {
    this.#stream = stream;
    const end = (): void => {
      this.#hasEnded = true;
      this.#wake?.();
    };
    for (const event of ['end', 'close', 'error']) stream.once(event, end);
    // An error after the end must not end the program.
    stream.on('error', () => {});
    stream.on('readable', () => this.#wake?.());
  }

  /** The next bytes; `null` at the end, and after an error. One call at a time. */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes: Buffer | string | null = this.#stream.read();
      if (bytes !== null && bytes.length > 0) return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      if (this.#hasEnded) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
