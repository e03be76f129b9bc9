const LINE_FEED = 0x0a;

/** The bytes of a text in UTF-8, in pieces. Each is used before the next is asked for, so it may be the same memory. */
export type TextPieces = Iterator<Uint8Array, unknown, undefined>;

/**
 * The lines of a text in UTF-8, one after another. Each is a string of its own: a part of a large string would keep all
 * of it in memory for as long as anything of it is used.
 */
export class TextLines {
  readonly #pieces: TextPieces;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #line: string | undefined;
  #number = 0;

  constructor(text: string | Uint8Array | TextPieces) {
    if (typeof text === 'string') this.#pieces = [Buffer.from(text)].values();
    else this.#pieces = text instanceof Uint8Array ? [text].values() : text;
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
    this.#read();
    return line;
  }

  #read(): void {
    const end = this.#bytes.indexOf(LINE_FEED, this.#start);
    if (end < 0) {
      this.#readOverPieces();
      return;
    }
    this.#line = this.#bytes.toString('utf8', this.#start, end);
    this.#start = end + 1;
  }

  /** A line that ends in a later piece, or the last one. */
  #readOverPieces(): void {
    const parts = [Buffer.from(this.#bytes.subarray(this.#start))];
    for (;;) {
      const { done, value } = this.#pieces.next();
      this.#bytes = done === true ? Buffer.alloc(0) : bufferOf(value);
      const end = this.#bytes.indexOf(LINE_FEED);
      this.#start = end + 1;
      if (done === true || end >= 0) {
        const line = Buffer.concat([...parts, this.#bytes.subarray(0, Math.max(0, end))]);
        this.#line = done === true && line.length === 0 ? undefined : line.toString();
        return;
      }
      parts.push(Buffer.from(this.#bytes));
    }
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
