/** The request of a key sequence, besides bytes for the guest. */
type KeyRequest = 'leave' | 'help' | 'size';

/** The actions for bytes that were typed, in order. */
export type KeyAction = { readonly kind: 'send'; readonly bytes: Uint8Array } | { readonly kind: KeyRequest };

/** How long the escape character waits for another key until it leaves. */
export const ESCAPE_WAIT_MS = 700;

const QUESTION_MARK = 0x3f;
const LETTER_S = 0x73;

/**
 * Finds the escape character among typed bytes: without another key for {@link ESCAPE_WAIT_MS}, or before any other key, it leaves;
 * before `?` it asks for help, before `s` for the size of the terminal, and twice it is sent once. Pure: the time comes
 * in with each call.
 */
export class EscapeKeys {
  readonly #escape: number;
  #escapedMs: number | null = null;

  /** @param escapeByte the byte of the escape character */
  constructor(escapeByte: number) {
    this.#escape = escapeByte;
  }

  /** When `tick` is to be called; `null` if nothing waits. */
  get deadlineMs(): number | null {
    return this.#escapedMs === null ? null : this.#escapedMs + ESCAPE_WAIT_MS;
  }

  /** Processes typed bytes; no action follows a `leave`. */
  feed(bytes: Uint8Array, nowMs: number): readonly KeyAction[] {
    const actions: KeyAction[] = [];
    let start = 0;
    const send = (end: number): void => {
      if (end > start) actions.push({ kind: 'send', bytes: bytes.subarray(start, end) });
    };
    for (const [index, byte] of bytes.entries()) {
      if (this.#escapedMs === null) {
        if (byte !== this.#escape) continue;
        send(index);
        this.#escapedMs = nowMs;
        start = index + 1;
        continue;
      }
      this.#escapedMs = null;
      // The byte itself is sent next, first.
      start = byte === this.#escape ? index : index + 1;
      if (byte === this.#escape) continue;
      const kind = byte === QUESTION_MARK ? 'help' : byte === LETTER_S ? 'size' : 'leave';
      actions.push({ kind });
      if (kind === 'leave') return actions;
    }
    send(bytes.length);
    return actions;
  }

  /** Takes the time: `true` if the escape character waited long enough to leave. */
  tick(nowMs: number): boolean {
    const { deadlineMs } = this;
    if (deadlineMs === null || nowMs < deadlineMs) return false;
    this.#escapedMs = null;
    return true;
  }
}
