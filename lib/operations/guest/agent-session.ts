import { createHash } from 'node:crypto';
import { PortalGunError } from '../../base/errors.ts';
import { BLOCK_BYTES } from '../../guest/agent/agent-protocol.ts';
import { ByteGatherer } from '../../guest/agent/byte-gatherer.ts';
import { MAX_PAYLOAD_BYTES } from '../../guest/agent/frame-reader.ts';
import type {
  GuestAgent,
  GuestEnd,
  GuestEvent,
  GuestExecOptions,
  GuestExit,
  GuestFileMode,
  GuestGetOptions,
  GuestHello,
  GuestTransferOptions,
} from '../../guest/agent/guest-agent.ts';
import type { Channel } from '../../host/channel.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { AgentLink, type AgentSessionOptions } from './agent-link.ts';
import { demandGuestPath, guestFileError } from './guest-file.ts';

/** The most output of a script by default. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** From the request to end to the signal that cannot be ignored, and to the end of patience. */
const TERM_MS = 2000;
const KILL_MS = 20_000;
const EMPTY = new Uint8Array();

/** A session with the agent of a guest over a connection. */
export class AgentSession implements GuestAgent {
  readonly #link: AgentLink;
  readonly #clock: Pick<HostPorts, 'pause'>;

  constructor(
    channel: Channel,
    clock: Pick<HostPorts, 'pause' | 'monotonicMs'>,
    options: AgentSessionOptions,
  ) {
    this.#link = new AgentLink(channel, clock, options);
    this.#clock = clock;
  }

  /**
   * Greets the agent.
   *
   * @returns `false` if it does not answer in time, or the connection ended
   * @throws PortalGunError AGENT_FAILED if it answers wrongly
   */
  greet(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#link.greet(timeoutMs, signal);
  }

  get hello(): GuestHello {
    return this.#link.hello;
  }

  async exec(script: string, options: GuestExecOptions = {}): Promise<GuestExit> {
    const { input = EMPTY, timeoutMs, maxOutputBytes = MAX_OUTPUT_BYTES, onOutput, signal } = options;
    const text = Buffer.from(script);
    if (text.length + input.length > MAX_PAYLOAD_BYTES) {
      throw new PortalGunError('BAD_ARGUMENT', 'a script and its input have more than 1 MiB', {
        subject: this.#link.subject,
        hint: 'write the input into a file of the guest first',
      });
    }
    this.#link.demandOpen();
    const gathered = { out: new ByteGatherer(), err: new ByteGatherer() };
    const over = new AbortController();
    const { id, bytes } = this.#link.protocol.exec(text, input, maxOutputBytes);
    let ended: GuestEnd | null = null;
    const stop = (why: GuestEnd): void => {
      if (ended !== null || over.signal.aborted) return;
      ended = why;
      void this.#stop(id, over.signal);
    };
    const answer = this.#link.answer(id, (message) => {
      if (message.kind === 'too-much') stop({ kind: 'too-much-output' });
      if (message.kind !== 'output') return undefined;
      if (onOutput !== undefined) return onOutput(message.stream, message.bytes);
      gathered[message.stream].add(message.bytes);
      return undefined;
    });
    const cancel = (): void => stop({ kind: 'cancelled' });
    signal?.addEventListener('abort', cancel);
    try {
      void this.#link.send(bytes);
      if (signal?.aborted === true) cancel();
      if (timeoutMs !== undefined) {
        void this.#clock.pause(timeoutMs, over.signal).then(() => stop({ kind: 'timeout' }));
      }
      const last = await answer;
      if (last.kind !== 'done') throw this.#link.error('it cannot run a script');
      const end: GuestEnd = ended ?? { kind: 'exit', status: last.status };
      return { ended: end, out: gathered.out.bytes, err: gathered.err.bytes };
    } finally {
      over.abort();
      signal?.removeEventListener('abort', cancel);
    }
  }

  async put(
    path: string,
    content: Uint8Array,
    mode: GuestFileMode,
    { onProgress }: GuestTransferOptions = {},
  ): Promise<void> {
    demandGuestPath(path);
    const sha256 = createHash('sha256').update(content).digest('hex');
    for (let hasPartial = true; ; hasPartial = false) {
      this.#link.demandOpen();
      let offset: number | null = null;
      let isOver = false;
      const { id, bytes } = this.#link.protocol.put(path, content.length, sha256, mode);
      const begun = new AbortController();
      const answer = this.#link
        .answer(id, (message) => {
          if (message.kind === 'at') offset = message.offset;
          begun.abort();
        })
        .finally(() => {
          isOver = true;
          begun.abort();
        });
      answer.catch(() => {});
      void this.#link.send(bytes);
      await aborted(begun.signal);
      const start: number | null = offset;
      for (let at = start ?? content.length; at < content.length && !isOver; at += BLOCK_BYTES) {
        onProgress?.(at);
        await this.#link.send(this.#link.protocol.data(id, content.subarray(at, at + BLOCK_BYTES)));
      }
      if (!isOver) await this.#link.send(this.#link.protocol.end(id));
      const last = await answer;
      if (last.kind === 'ok') return;
      // The first bytes were of something else.
      if (last.kind === 'fail' && last.code === 'hash' && hasPartial && start !== 0) continue;
      throw guestFileError(path, last, 'written');
    }
  }

  async get(path: string, options: GuestGetOptions): Promise<Uint8Array> {
    const { maxBytes, partial = new ByteGatherer(), onProgress } = options;
    demandGuestPath(path);
    this.#link.demandOpen();
    const blocks = Math.floor(Math.min(partial.length, maxBytes) / BLOCK_BYTES);
    partial.cut(blocks * BLOCK_BYTES);
    const have = createHash('sha256').update(partial.bytes).digest('hex');
    const hash = createHash('sha256');
    let isTooLarge = false;
    const { id, bytes } = this.#link.protocol.get(path, maxBytes, { blocks, sha256: have });
    const answer = this.#link.answer(id, (message) => {
      if (message.kind === 'at') partial.cut(message.offset);
      if (message.kind === 'too-much') {
        isTooLarge = true;
        void this.#link.send(this.#link.protocol.kill(id, 'KILL'));
      }
      if (message.kind !== 'data') return;
      hash.update(message.bytes);
      partial.add(message.bytes);
      onProgress?.(partial.length);
    });
    void this.#link.send(bytes);
    const last = await answer;
    if (isTooLarge) {
      throw new PortalGunError('GUEST_FILE_FAILED', `has more than ${maxBytes} bytes`, { subject: path });
    }
    if (last.kind !== 'ok') throw guestFileError(path, last, 'read');
    if (last.sha256 === hash.digest('hex')) return partial.bytes;
    partial.cut(0);
    throw new PortalGunError('GUEST_FILE_FAILED', 'came with a wrong SHA-256', {
      subject: path,
      hint: 'try again',
    });
  }

  onEvent(listener: (event: GuestEvent) => void): () => void {
    return this.#link.onEvent(listener);
  }

  close(): void {
    this.#link.end(this.#link.error('it was closed'));
  }

  async #stop(id: number, over: AbortSignal): Promise<void> {
    void this.#link.send(this.#link.protocol.kill(id, 'TERM'));
    await this.#clock.pause(TERM_MS, over);
    if (over.aborted) return;
    void this.#link.send(this.#link.protocol.kill(id, 'KILL'));
    await this.#clock.pause(KILL_MS, over);
    if (!over.aborted) this.#link.end(this.#link.error('it does not end a script'));
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}
