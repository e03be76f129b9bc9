import type { Channel } from '../../lib/host/channel.ts';

/** Bytes that one side has not taken yet hold the other back, as in the kernel. */
const MAX_UNREAD = 64 * 1024;

/** Bytes on their way from one side to the other. */
class Pipe {
  #pieces: Uint8Array[] = [];
  #unread = 0;
  #isClosed = false;
  #wake: (() => void)[] = [];

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#unread -= piece.length;
        this.#changed();
        return piece;
      }
      if (this.#isClosed) return null;
      await this.#change();
    }
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    while (!this.#isClosed && this.#unread > MAX_UNREAD) await this.#change();
    if (this.#isClosed) return false;
    if (bytes.length > 0) this.#pieces.push(new Uint8Array(bytes));
    this.#unread += bytes.length;
    this.#changed();
    return true;
  }

  close(loses = false): void {
    this.#isClosed = true;
    if (loses) this.#pieces = [];
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const each of wake) each();
  }
}

/** A connection that is not of the kernel: both ends of it, alike. */
export function simulatedChannel(): { readonly near: Channel; readonly far: Channel } {
  const [there, back] = [new Pipe(), new Pipe()];
  const end = (out: Pipe, into: Pipe): Channel => ({
    read: () => into.read(),
    write: (bytes) => out.write(bytes),
    close() {
      out.close();
      into.close(true);
    },
  });
  return { near: end(there, back), far: end(back, there) };
}
