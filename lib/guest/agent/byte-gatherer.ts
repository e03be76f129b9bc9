const FIRST_BYTES = 4096;

/** Bytes that come in pieces, copied together: however small the pieces are, it takes at most twice their number. */
export class ByteGatherer {
  #bytes = new Uint8Array();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length, FIRST_BYTES));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** The first bytes are kept, and the others dropped. */
  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** A view on the bytes, valid until the next piece. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
