import { PortalGunError } from '../../base/errors.ts';
import type { HostSession } from '../session/host-session.ts';
import { type OpenConsole, openConsole } from './open-console.ts';

/** How long a console stays open after the last keys, so that others can open it. */
const IDLE_MS = 5000;
const LOOK_MS = 250;

/** Sends keys to the console of a machine, and has it open only while keys come. */
export class ConsoleWriter {
  readonly #session: HostSession;
  readonly #machine: string;
  #console: OpenConsole | null = null;
  #lastMs = 0;

  constructor(session: HostSession, machine: string) {
    this.#session = session;
    this.#machine = machine;
  }

  /** Sends bytes. Returns why nothing was sent, or `null`. */
  async send(bytes: Uint8Array): Promise<string | null> {
    const { ports } = this.#session;
    this.#lastMs = ports.monotonicMs();
    try {
      this.#console ??= await openConsole(this.#session, { machine: this.#machine });
      const isSent = await this.#console.channel.write(bytes);
      this.#lastMs = ports.monotonicMs();
      if (isSent) return null;
      this.#close();
      return 'its console was closed';
    } catch (error) {
      if (error instanceof PortalGunError) return error.message;
      throw error;
    }
  }

  /** Reads what the console prints, which its log has too, and closes the console when no keys come. Until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { ports } = this.#session;
    try {
      while (!signal.aborted) {
        const opened = this.#console;
        if (opened === null) await ports.pause(LOOK_MS, signal);
        else await Promise.race([this.#drain(opened), this.#idle(opened, signal)]);
        // Other keys can have opened it again.
        if (opened !== null && this.#console === opened) this.#close();
      }
    } finally {
      this.#close();
    }
  }

  /** The guest would stop if no process took its output. */
  async #drain({ channel }: OpenConsole): Promise<void> {
    while ((await channel.read()) !== null);
  }

  async #idle(opened: OpenConsole, signal: AbortSignal): Promise<void> {
    const { ports } = this.#session;
    while (!signal.aborted && this.#console === opened && ports.monotonicMs() - this.#lastMs < IDLE_MS) {
      await ports.pause(LOOK_MS, signal);
    }
  }

  #close(): void {
    this.#console?.close();
    this.#console = null;
  }
}
