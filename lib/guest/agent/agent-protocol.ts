import { type FrameHeader, type FramePart, FrameReader, formatFrame } from './frame-reader.ts';
import { GreetingReader } from './greeting.ts';
import type { GuestFileMode, GuestHello } from './guest-agent.ts';

/** The size of the blocks of a file on its way from a guest; a transfer continues at a multiple of it. */
export const BLOCK_BYTES = 1024 * 1024;
/** Output that may still come after a script printed too much and was ended. */
const MAX_EXTRA_BYTES = 16 * 1024 * 1024;
/** The longest text of an event or a failure. */
const MAX_TEXT_BYTES = 4096;
const SHA256 = /^[0-9a-f]{64}$/;
const EVENT_NAME = /^[0-9A-Za-z.,:-]{1,100}$/;
/** Requests of one session that are not answered yet. */
const MAX_REQUESTS = 1000;
const MAX_WORDS = 4;

/** What a guest sent, checked. The bytes are its own: they are never a path, a command, or text for a terminal. */
export type AgentMessage =
  | { readonly kind: 'hello'; readonly hello: GuestHello }
  | {
      readonly kind: 'output';
      readonly id: number;
      readonly stream: 'out' | 'err';
      readonly bytes: Uint8Array;
    }
  /** A script printed more than it may. What it prints until it ends is dropped. */
  | { readonly kind: 'too-much'; readonly id: number }
  | { readonly kind: 'done'; readonly id: number; readonly status: number }
  /** The bytes of a file that the other side has. */
  | { readonly kind: 'at'; readonly id: number; readonly offset: number }
  | { readonly kind: 'data'; readonly id: number; readonly bytes: Uint8Array }
  /** A transfer is done; `sha256` of the bytes that a guest sent. */
  | { readonly kind: 'ok'; readonly id: number; readonly sha256: string | null }
  | { readonly kind: 'fail'; readonly id: number; readonly code: string; readonly text: Uint8Array }
  | { readonly kind: 'event'; readonly name: string; readonly data: Uint8Array };

interface Request {
  readonly kind: 'exec' | 'put' | 'get' | 'status';
  /** Of its output, or of the file. */
  readonly maxBytes: number;
  received: number;
  /** Whether the transfer began. */
  hasBegun: boolean;
}

const KINDS: Readonly<Record<Request['kind'], readonly string[]>> = {
  exec: ['out', 'err', 'done', 'fail'],
  put: ['at', 'ok', 'fail'],
  get: ['at', 'data', 'ok', 'fail'],
  status: ['ok', 'fail'],
};

/**
 * The host's side of a session with an agent, pure: bytes of the guest in, messages out; requests in, bytes for the guest
 * out. Everything that a guest sends is bounded. If it breaks the protocol, {@link failure} tells how, and no later byte
 * is looked at.
 */
export class AgentProtocol {
  readonly #greeting: GreetingReader;
  readonly #frames = new FrameReader();
  readonly #nonce: string;
  readonly #requests = new Map<number, Request>();
  #lastId = 0;
  #text: Uint8Array = new Uint8Array();
  #isGreeted = false;
  #failure: string | null = null;

  /** @param nonce lowercase hexadecimal digits, new for each session */
  constructor(nonce: string) {
    this.#nonce = nonce;
    this.#greeting = new GreetingReader(nonce);
  }

  /** How the guest broke the protocol; its text can be shown. */
  get failure(): string | null {
    return this.#failure;
  }

  /** The first bytes of a session. Half a header of an earlier session may be before them. */
  get hello(): Uint8Array {
    return Buffer.concat([Buffer.from('\n'), formatFrame({ id: 0, kind: 'hello', words: [this.#nonce] })]);
  }

  /** @param script and `input` have at most 1 MiB together */
  exec(script: Uint8Array, input: Uint8Array, maxBytes: number): AgentRequest {
    return this.#request('exec', maxBytes, [String(script.length)], Buffer.concat([script, input]));
  }

  put(path: string, sizeBytes: number, sha256: string, { mode, uid, gid }: GuestFileMode): AgentRequest {
    const words = [String(sizeBytes), sha256, mode.toString(8), String(uid), String(gid)];
    return this.#request('put', sizeBytes, words, Buffer.from(path));
  }

  /** @param have the number of blocks that were received before, and their SHA-256 */
  get(
    path: string,
    maxBytes: number,
    have: { readonly blocks: number; readonly sha256: string },
  ): AgentRequest {
    return this.#request('get', maxBytes, [String(have.blocks), have.sha256], Buffer.from(path));
  }

  status(): AgentRequest {
    return this.#request('status', 0, [], new Uint8Array());
  }

  data(id: number, bytes: Uint8Array): Uint8Array {
    return formatFrame({ id, kind: 'data', words: [] }, bytes);
  }

  end(id: number): Uint8Array {
    return formatFrame({ id, kind: 'end', words: [] });
  }

  kill(id: number, signal: 'TERM' | 'KILL'): Uint8Array {
    return formatFrame({ id, kind: 'kill', words: [signal] });
  }

  /** Takes bytes of the guest. */
  *feed(bytes: Uint8Array): Generator<AgentMessage> {
    if (this.#failure !== null) return;
    let rest = bytes;
    if (!this.#isGreeted) {
      const greeting = this.#greeting.read(bytes);
      if (greeting === null) return;
      if ('broken' in greeting) {
        this.#failure = greeting.broken;
        return;
      }
      this.#isGreeted = true;
      rest = greeting.rest;
      yield { kind: 'hello', hello: greeting.hello };
    }
    for (const part of this.#frames.read(rest)) {
      const message = this.#take(part);
      if (this.#failure !== null) return;
      if (message !== null) yield message;
    }
  }

  #request(
    kind: Request['kind'],
    maxBytes: number,
    words: readonly string[],
    payload: Uint8Array,
  ): AgentRequest {
    if (this.#requests.size >= MAX_REQUESTS) throw new RangeError('too many requests');
    this.#lastId += 1;
    const id = this.#lastId;
    this.#requests.set(id, { kind, maxBytes, received: 0, hasBegun: false });
    return { id, bytes: formatFrame({ id, kind, words }, payload) };
  }

  #take(part: FramePart): AgentMessage | null {
    switch (part.kind) {
      case 'broken':
        return this.#fail(part.message);
      case 'header':
        return this.#header(part.header);
      case 'bytes':
        return this.#bytes(part.header, part.bytes);
      case 'end':
        return this.#end(part.header);
    }
  }

  #header({ id, kind, length, words }: FrameHeader): null {
    if (id === 0) {
      if (kind === 'start') return this.#fail('it rebooted');
      if (kind !== 'event') return this.#fail(`it sent a frame "${kind}" that no request asked for`);
    } else {
      const request = this.#requests.get(id);
      if (request === undefined) return this.#fail(`it sent a frame for request ${id}, which does not exist`);
      if (!KINDS[request.kind].includes(kind)) {
        return this.#fail(`it answered ${request.kind} with a frame "${kind}"`);
      }
    }
    const hasBytes = ['out', 'err', 'data'].includes(kind);
    if (!hasBytes && length > MAX_TEXT_BYTES) return this.#fail(`its frame "${kind}" has ${length} bytes`);
    if (!hasBytes && kind !== 'event' && kind !== 'fail' && length > 0) {
      return this.#fail(`its frame "${kind}" has a content`);
    }
    if (words.length > MAX_WORDS) {
      return this.#fail(`its frame "${kind}" has ${words.length} words`);
    }
    this.#text = new Uint8Array();
    return null;
  }

  #bytes({ id, kind }: FrameHeader, bytes: Uint8Array): AgentMessage | null {
    const request = this.#requests.get(id);
    if (request === undefined || kind === 'fail') {
      this.#text = Buffer.concat([this.#text, bytes]);
      return null;
    }
    const before = request.received;
    request.received += bytes.length;
    const isOver = request.received > request.maxBytes;
    if (kind === 'data') {
      if (!request.hasBegun) return this.#fail('it sent a file before its position');
      if (isOver && request.received > request.maxBytes + MAX_EXTRA_BYTES) {
        return this.#fail('it sent more of a file than was asked for');
      }
      if (isOver) return before > request.maxBytes ? null : { kind: 'too-much', id };
      return { kind: 'data', id, bytes };
    }
    const stream = kind === 'err' ? 'err' : 'out';
    if (!isOver) return { kind: 'output', id, stream, bytes };
    if (request.received > request.maxBytes + MAX_EXTRA_BYTES) {
      return this.#fail('it sent output of a script after the script was ended');
    }
    return before > request.maxBytes ? null : { kind: 'too-much', id };
  }

  #end({ id, kind, words }: FrameHeader): AgentMessage | null {
    const text = this.#text;
    const request = this.#requests.get(id);
    if (request === undefined) return this.#event(text);
    const [word = ''] = words;
    switch (kind) {
      case 'done': {
        if (!/^\d{1,3}$/.test(word) || Number(word) > 255) {
          return this.#fail(`it reported an exit status "${word}"`);
        }
        this.#requests.delete(id);
        return { kind: 'done', id, status: Number(word) };
      }
      case 'at': {
        const offset = Number(word);
        if (!/^\d{1,15}$/.test(word) || offset > request.maxBytes || request.hasBegun) {
          return this.#fail(`it continues a file at "${word}"`);
        }
        request.hasBegun = true;
        request.received = offset;
        return { kind: 'at', id, offset };
      }
      case 'ok':
        return this.#ok(id, request, word);
      case 'fail':
        this.#requests.delete(id);
        return { kind: 'fail', id, code: word, text };
      default:
        return null;
    }
  }

  #ok(id: number, { kind, hasBegun }: Request, word: string): AgentMessage | null {
    this.#requests.delete(id);
    if (kind === 'status') return { kind: 'ok', id, sha256: null };
    if (!hasBegun) return this.#fail('it ended a transfer that had not begun');
    if (kind === 'put') return { kind: 'ok', id, sha256: null };
    return SHA256.test(word)
      ? { kind: 'ok', id, sha256: word }
      : this.#fail('it sent a file without its SHA-256');
  }

  #event(bytes: Uint8Array): AgentMessage | null {
    const end = bytes.indexOf(0x20);
    const name = Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
    if (!EVENT_NAME.test(name)) return this.#fail('it sent an event without a name');
    return { kind: 'event', name, data: end < 0 ? new Uint8Array() : bytes.slice(end + 1) };
  }

  #fail(message: string): null {
    this.#failure ??= message;
    return null;
  }
}

/** A request for the agent: the bytes to send. Its answers have the same id. */
export interface AgentRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}
