/** The lines of a text, one after another, so that a long text is not stored twice. */
export class TextLines {
  readonly #text: string;
  #start = 0;
  #number = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The number of the line that was read last, from 1. */
  get number(): number {
    return this.#number;
  }

  /** The next line; `undefined` after the last. A line feed at the end of the text does not start another line. */
  peek(): string | undefined {
    if (this.#start >= this.#text.length) return undefined;
    return this.#text.slice(this.#start, this.#end());
  }

  next(): string | undefined {
    const line = this.peek();
    this.#number += 1;
    this.#start = this.#end() + 1;
    return line;
  }

  #end(): number {
    const end = this.#text.indexOf('\n', this.#start);
    return end < 0 ? this.#text.length : end;
  }
}
