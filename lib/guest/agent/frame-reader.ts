import { escapeControls } from '../../base/text.ts';

/** The longest header line, without its end. */
export const MAX_HEADER_BYTES = 256;
/** The most bytes after a header. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** The header of a frame. */
export interface FrameHeader {
  /** Of the request that it belongs to; 0: of none. */
  readonly id: number;
  readonly kind: string;
  /** The number of bytes that follow. */
  readonly length: number;
  readonly words: readonly string[];
}

/** A part of a stream of frames: a header, or a piece of the bytes after the last one. */
export type FramePart =
  | { readonly kind: 'header'; readonly header: FrameHeader }
  | { readonly kind: 'bytes'; readonly header: FrameHeader; readonly bytes: Uint8Array }
  /** All bytes of the frame were there. */
  | { readonly kind: 'end'; readonly header: FrameHeader }
  /** The stream is not what it has to be: nothing after this is read. */
  | { readonly kind: 'broken'; readonly message: string };

const HEADER = /^pg1 (0|[1-9]\d{0,8}) ([a-z]{1,16}) (0|[1-9]\d{0,7})((?: [0-9A-Za-z.,:=-]{1,200}){0,16})$/;
const LINE_FEED = 0x0a;
const MAX_BLANK_LINES = 16;
const SHOWN_BYTES = 60;

/** Splits a stream of bytes into frames. It keeps at most a header: payloads go on as they come. */
export class FrameReader {
  readonly #line = new Uint8Array(MAX_HEADER_BYTES);
  #lineBytes = 0;
  #blankLines = 0;
  #header: FrameHeader | null = null;
  #left = 0;
  #isBroken = false;

  *read(bytes: Uint8Array): Generator<FramePart> {
    let at = 0;
    while (at < bytes.length && !this.#isBroken) {
      if (this.#header !== null) {
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        yield* this.#payload(this.#header, piece);
        continue;
      }
      const end = bytes.indexOf(LINE_FEED, at);
      const piece = bytes.subarray(at, end < 0 ? bytes.length : end);
      if (this.#lineBytes + piece.length > MAX_HEADER_BYTES) {
        yield this.#broken(`a header has more than ${MAX_HEADER_BYTES} bytes`, piece);
        return;
      }
      this.#line.set(piece, this.#lineBytes);
      this.#lineBytes += piece.length;
      at += piece.length + 1;
      if (end >= 0) yield* this.#endLine();
    }
  }

  *#payload(header: FrameHeader, bytes: Uint8Array): Generator<FramePart> {
    this.#left -= bytes.length;
    if (bytes.length > 0) yield { kind: 'bytes', header, bytes };
    if (this.#left > 0) return;
    this.#header = null;
    yield { kind: 'end', header };
  }

  *#endLine(): Generator<FramePart> {
    const line = this.#line.subarray(0, this.#lineBytes);
    this.#lineBytes = 0;
    if (line.length === 0) {
      this.#blankLines += 1;
      if (this.#blankLines > MAX_BLANK_LINES) yield this.#broken('too many empty lines', line);
      return;
    }
    this.#blankLines = 0;
    const header = parseHeader(line);
    if (header === null) {
      yield this.#broken('a line is not a header of a frame', line);
      return;
    }
    if (header.length > MAX_PAYLOAD_BYTES) {
      yield this.#broken(`a frame has more than ${MAX_PAYLOAD_BYTES} bytes`, line);
      return;
    }
    this.#header = header;
    this.#left = header.length;
    yield { kind: 'header', header };
    if (header.length === 0) yield* this.#payload(header, new Uint8Array());
  }

  #broken(what: string, bytes: Uint8Array): FramePart {
    this.#isBroken = true;
    return { kind: 'broken', message: `${what}: ${shownBytes(bytes)}` };
  }
}

/** Parses the line of a header, without its end; `null` if it is none. */
export function parseHeader(line: Uint8Array): FrameHeader | null {
  const [, id, kind, length, words] = HEADER.exec(Buffer.from(line).toString('latin1')) ?? [];
  if (id === undefined || kind === undefined || length === undefined) return null;
  return { id: Number(id), kind, length: Number(length), words: words?.split(' ').slice(1) ?? [] };
}

/** Bytes of a guest as text that is safe to show: at most 60. */
export function shownBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('latin1');
  return `"${escapeControls(text)}"${bytes.length > SHOWN_BYTES ? ' …' : ''}`;
}

/** A frame for the agent. */
export function formatFrame(
  { id, kind, words }: Omit<FrameHeader, 'length'>,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const line = ['pg1', id, kind, payload.length, ...words].join(' ');
  return Buffer.concat([Buffer.from(`${line}\n`), payload]);
}
