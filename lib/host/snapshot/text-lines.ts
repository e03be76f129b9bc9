const LINE_FEED = 0x0a;

/**
 * The lines of a text in UTF-8, one after another. Each is a string of its own: a part of a large string would keep all
 * of it in memory for as long as anything of it is used.
 */
export class TextLines {
  readonly #bytes: Buffer;
  #start = 0;
  #end = 0;
  #line: string | undefined;
  #number = 0;

  constructor(text: string | Uint8Array) {
    this.#bytes =
      typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.length);
    this.#read();
  }

  /** The number of the line that was read last, from 1. */
  get number(): number {
    return this.#number;
  }

  /** The next line; `undefined` after the last. A line feed at the end of the text does not start another line. */
  peek(): string | undefined {
    return this.#line;
  }

  next(): string | undefined {
    const line = this.#line;
    this.#number += 1;
    this.#start = this.#end + 1;
    this.#read();
    return line;
  }

  #read(): void {
    if (this.#start >= this.#bytes.length) {
      this.#line = undefined;
      return;
    }
    const end = this.#bytes.indexOf(LINE_FEED, this.#start);
    this.#end = end < 0 ? this.#bytes.length : end;
    this.#line = this.#bytes.toString('utf8', this.#start, this.#end);
  }
}
