import { MAX_HEADER_BYTES, parseHeader } from './frame-reader.ts';
import type { GuestHello } from './guest-agent.ts';

/** The version of the protocol that this host speaks. */
export const PROTOCOL = 1;
/** The most bytes before the answer: the rest of an earlier session. */
const MAX_SKIPPED_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 0x0a;
const BOOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The answer to a hello: a greeting and the bytes behind it; what is wrong with it; `null` if it is not there yet. */
export type Greeting =
  | { readonly hello: GuestHello; readonly rest: Uint8Array }
  | { readonly broken: string }
  | null;

/**
 * Waits for the answer to a hello, by its nonce. All other bytes before it are skipped: they can be half a frame of an
 * earlier session.
 */
export class GreetingReader {
  readonly #nonce: string;
  readonly #line = new Uint8Array(MAX_HEADER_BYTES);
  #lineBytes = 0;
  #isLong = false;
  #skipped = 0;

  constructor(nonce: string) {
    this.#nonce = nonce;
  }

  read(bytes: Uint8Array): Greeting {
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(LINE_FEED, at);
      const piece = bytes.subarray(at, end < 0 ? bytes.length : end);
      this.#isLong ||= this.#lineBytes + piece.length > MAX_HEADER_BYTES;
      if (!this.#isLong) {
        this.#line.set(piece, this.#lineBytes);
        this.#lineBytes += piece.length;
      }
      at += piece.length + 1;
      this.#skipped += piece.length + 1;
      if (this.#skipped > MAX_SKIPPED_BYTES) {
        return { broken: `it sent ${MAX_SKIPPED_BYTES} bytes, but no answer to a hello` };
      }
      if (end < 0) return null;
      const header = this.#isLong ? null : parseHeader(this.#line.subarray(0, this.#lineBytes));
      this.#lineBytes = 0;
      this.#isLong = false;
      if (header?.kind !== 'hello' || header.id !== 0 || header.words[0] !== this.#nonce) continue;
      const hello = helloOf(header.words.slice(1));
      return typeof hello === 'string' ? { broken: hello } : { hello, rest: bytes.subarray(at) };
    }
    return null;
  }
}

function helloOf(words: readonly string[]): GuestHello | string {
  const wordOf = (key: string): string =>
    words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1) ?? '';
  const protocol = wordOf('proto');
  if (protocol !== String(PROTOCOL)) {
    return `it speaks version "${protocol}" of the protocol, and this program version ${PROTOCOL}`;
  }
  const bootId = wordOf('boot');
  const uptime = wordOf('uptime');
  if (!BOOT_ID.test(bootId) || !/^\d{1,10}(\.\d{1,4})?$/.test(uptime)) {
    return 'its hello has no boot id, or no uptime';
  }
  const capabilities = wordOf('caps')
    .split(',')
    .filter((word) => word !== '');
  return { protocol: PROTOCOL, bootId, uptimeSeconds: Number(uptime), capabilities };
}
