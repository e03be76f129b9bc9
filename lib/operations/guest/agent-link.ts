import { PortalGunError } from '../../base/errors.ts';
import { type AgentMessage, AgentProtocol } from '../../guest/agent/agent-protocol.ts';
import type { GuestEvent, GuestHello } from '../../guest/agent/guest-agent.ts';
import type { Channel } from '../../host/channel.ts';
import type { HostPorts } from '../../host/host-ports.ts';

/** How often a silent guest is asked for a sign of life while it has work to do, and when it counts as gone. */
const LOOK_MS = 15_000;
const GONE_MS = 90_000;

/** How an agent session is opened. */
export interface AgentSessionOptions {
  /** The name of the VM, for errors. */
  readonly subject: string;
  /** Lowercase hexadecimal digits, new for each session. */
  readonly nonce: string;
  /** Is called once, when the session ends. */
  readonly onClosed?: (() => void) | undefined;
}

interface Waiting {
  take(message: AgentMessage): void | Promise<void>;
  fail(error: PortalGunError): void;
}

/** The connection to the agent of a guest: checks what comes, and gives each answer to its request. */
export class AgentLink {
  readonly #channel: Channel;
  readonly #clock: Pick<HostPorts, 'pause' | 'monotonicMs'>;
  /** The name of the VM. */
  readonly subject: string;
  /** Makes requests. */
  readonly protocol: AgentProtocol;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: GuestEvent) => void>();
  /** Ends the watch of the guest: no request waits. */
  #watch = new AbortController();
  readonly #onClosed: (() => void) | undefined;
  readonly #greeted: Promise<GuestHello | null>;
  #greet: (hello: GuestHello | null) => void = () => {};
  #hello: GuestHello | null = null;
  #failure: PortalGunError | null = null;
  #writing: Promise<unknown> = Promise.resolve();
  #heardMs: number;

  constructor(
    channel: Channel,
    clock: Pick<HostPorts, 'pause' | 'monotonicMs'>,
    { subject, nonce, onClosed }: AgentSessionOptions,
  ) {
    this.#channel = channel;
    this.#clock = clock;
    this.subject = subject;
    this.#onClosed = onClosed;
    this.protocol = new AgentProtocol(nonce);
    this.#heardMs = clock.monotonicMs();
    this.#greeted = new Promise((resolve) => {
      this.#greet = resolve;
    });
    void this.#receive();
  }

  /**
   * Greets the agent.
   *
   * @returns `false` if it does not answer in time, or the connection ended
   * @throws PortalGunError AGENT_FAILED if it answers wrongly
   */
  async greet(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    this.send(this.protocol.hello).catch(() => {});
    const late = new AbortController();
    const ends = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
    await Promise.race([this.#greeted, this.#clock.pause(timeoutMs, ends)]);
    late.abort();
    if (this.protocol.failure !== null && this.#failure !== null) throw this.#failure;
    return this.#hello !== null && this.#failure === null;
  }

  get hello(): GuestHello {
    if (this.#hello === null) throw new RangeError('the session has no greeting yet');
    return this.#hello;
  }

  onEvent(listener: (event: GuestEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        const bytes = await this.#channel.read();
        if (this.#failure !== null) return;
        if (bytes === null) return this.end(this.error('the VM closed the connection'));
        this.#heardMs = this.#clock.monotonicMs();
        for (const message of this.protocol.feed(bytes)) await this.#dispatch(message);
        if (this.protocol.failure !== null) return this.end(this.error(this.protocol.failure));
      }
    } catch (error) {
      // A receiver of output failed.
      this.end(this.error(`its output cannot be handled: ${String(error)}`));
    }
  }

  async #dispatch(message: AgentMessage): Promise<void> {
    if (message.kind === 'hello') {
      this.#hello = message.hello;
      this.#greet(message.hello);
    } else if (message.kind === 'event') {
      for (const listener of this.#listeners) listener({ name: message.name, data: message.data });
    } else await this.#waiting.get(message.id)?.take(message);
  }

  /** The last message of a request; the others go to `take`. */
  answer(id: number, take: (message: AgentMessage) => void | Promise<void>): Promise<AgentMessage> {
    if (this.#waiting.size === 0) void this.#watchGuest();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        take: (message) => {
          if (!['done', 'ok', 'fail'].includes(message.kind)) return take(message);
          this.#waiting.delete(id);
          if (this.#waiting.size === 0) this.#watch.abort();
          resolve(message);
          return undefined;
        },
        fail: reject,
      });
    });
  }

  /** Asks a guest that is silent for long for a sign of life, while it has work to do. */
  async #watchGuest(): Promise<void> {
    // One for each watch: a signal of the whole session would gather the listeners of the pauses of all its requests.
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    this.#heardMs = this.#clock.monotonicMs();
    for (;;) {
      await this.#clock.pause(LOOK_MS, signal);
      if (signal.aborted) return;
      const silentMs = this.#clock.monotonicMs() - this.#heardMs;
      if (silentMs > GONE_MS) return this.end(this.error(`it was silent for ${GONE_MS / 1000} s`));
      if (silentMs > LOOK_MS) void this.send(this.protocol.status().bytes);
    }
  }

  /** Sends bytes after all earlier ones. It never throws: if the connection ended, {@link receive} finds out. */
  send(bytes: Uint8Array): Promise<void> {
    const sent = this.#writing.then(async () => {
      if (this.#failure === null) await this.#channel.write(bytes);
    });
    this.#writing = sent;
    return sent;
  }

  /** @throws PortalGunError AGENT_FAILED if the session has ended */
  demandOpen(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends the session: everything that waits, and all that comes later, fails with this error. */
  end(error: PortalGunError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#channel.close();
    this.#watch.abort();
    this.#greet(null);
    for (const { fail } of this.#waiting.values()) fail(error);
    this.#waiting.clear();
    this.#onClosed?.();
  }

  /** The error of a session that ended. */
  error(why: string): PortalGunError {
    return new PortalGunError('AGENT_FAILED', `the session with its agent ended: ${why}`, {
      subject: this.subject,
    });
  }
}
