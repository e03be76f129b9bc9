import { PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import { type Channel, CONNECT_TIMEOUT_MS } from '../../host/channel.ts';
import { type ConsolePort, consolePortsOf } from '../../libvirt/machine/console-ports.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import { machinePaths } from '../../machines/resolved-machine.ts';
import { demandLocalLibvirt } from '../project/local-libvirt.ts';
import type { HostSession } from '../session/host-session.ts';
import { readLog } from './console-log.ts';
import { ConsoleWriter } from './console-writer.ts';

/** Options of a relay of consoles. */
export interface RelayOptions {
  /** The name or UUID of the VM that has the consoles of other machines. */
  readonly machine: string;
  /**
   * How long it tries again while libvirt does not answer, or the ports are still those of the last relay, as when a
   * hook of libvirt starts it; by default, it does not.
   */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when the ports are connected. */
  readonly onStart?: (ports: readonly ConsolePort[]) => void;
}

/** The lines of a log that a machine sees first. */
const FIRST_LINES = 10;
/** A guest that sends all the time gets one notice in this time. */
const NOTICE_MS = 1000;
const RETRY_MS = 200;
/**
 * Errors that end by themselves soon after a start. A VM that does not run is not among them: libvirt answers only
 * when its hooks are done, so such a VM has stopped.
 */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'NO_LIBVIRT',
  'TOOL_FAILED',
  'CONSOLE_BUSY',
  'CONSOLE_FAILED',
]);

/**
 * Connects the ports of a running VM with the consoles of other machines, as `consoles` of its definition says, until
 * the VM stops or `signal` is given. The output of a machine is read from the log of its console, so that a VM that
 * reads slowly, or not at all, never stops the machine. Keys are only sent if the definition allows it, and only
 * while no other process has the console of the machine open.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, NOT_RUNNING, NO_CONSOLE for a VM without such ports, CONSOLE_BUSY if they are
 *   relayed already, CONSOLE_FAILED, PERMISSION_DENIED, BAD_ARGUMENT for a libvirt of another host, and the errors of
 *   reading libvirt
 */
export async function relayConsoles(
  session: HostSession,
  { machine, waitMs = 0, signal, onStart }: RelayOptions,
): Promise<void> {
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    const connected = await connectSoon(session, machine, waitMs, ended.signal);
    if (connected === null) return;
    try {
      onStart?.(connected.ports);
      // QEMU closes all ports when the VM stops.
      await Promise.all(connected.relays.map((relay) => relay.run()));
    } finally {
      stop();
      connected.close();
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** The ports of a VM that are connected, and the lock of its relay. */
interface Connected {
  readonly ports: readonly ConsolePort[];
  readonly relays: readonly Relay[];
  readonly close: () => void;
}

/** Connects the ports of a VM, again and again for some time if an error may pass; `null` if `signal` ends that. */
async function connectSoon(
  session: HostSession,
  machine: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<Connected | null> {
  const { monotonicMs, pause } = session.ports;
  const untilMs = monotonicMs() + waitMs;
  for (;;) {
    try {
      return await connect(session, machine, signal);
    } catch (error) {
      const passes = error instanceof PortalGunError && PASSING_CODES.has(error.code);
      if (!passes || monotonicMs() >= untilMs) throw error;
    }
    await pause(RETRY_MS, signal);
    if (signal.aborted) return null;
  }
}

async function connect(session: HostSession, machine: string, signal: AbortSignal): Promise<Connected> {
  const { name, ports } = await findPorts(session, machine);
  const release = await takeRelay(session, name);
  const relays: Relay[] = [];
  const close = (): void => {
    for (const relay of relays) relay.close();
    release();
  };
  try {
    for (const port of ports) relays.push(await Relay.open(session, name, port, signal));
    return { ports, relays, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function findPorts(
  session: HostSession,
  word: string,
): Promise<{ readonly name: string; readonly ports: readonly ConsolePort[] }> {
  const { machines } = await readMachines(demandLocalLibvirt(session), 'look');
  const { name, live } = findMachine(machines, word);
  if (live === null) {
    throw new PortalGunError('NOT_RUNNING', 'the VM is not running', {
      subject: name,
      hint: `start it: ${shellCommand('portal', 'up', name)}`,
    });
  }
  const ports = consolePortsOf(live.document);
  if (ports.length > 0) return { name, ports };
  throw new PortalGunError('NO_CONSOLE', 'the VM has no consoles of other machines', {
    subject: name,
    hint: 'add "consoles" to its definition, then restart it: portal reload NAME',
  });
}

/** Takes the lock of the relay of a VM. */
async function takeRelay({ ports: { lockFile, user, now } }: HostSession, name: string): Promise<() => void> {
  const lock = await lockFile(`${machinePaths(name).run}/relay.lock`, `${user.processId} ${now()}`);
  if (typeof lock === 'function') return lock;
  const [pid = ''] = /^\d{1,10}/.exec(lock.note) ?? [];
  const who = pid === '' ? 'another process' : `process ${pid}`;
  throw new PortalGunError('CONSOLE_BUSY', `its consoles are relayed by ${who}`, {
    subject: name,
    hint: 'nothing needs to be done: the relay ends when the VM stops',
  });
}

/** One port of the VM, and the console of one machine. */
class Relay {
  readonly #session: HostSession;
  readonly #port: ConsolePort;
  readonly #channel: Channel;
  readonly #ended: AbortController;
  readonly #writer: ConsoleWriter | null;

  private constructor(session: HostSession, port: ConsolePort, channel: Channel, signal: AbortSignal) {
    this.#session = session;
    this.#port = port;
    this.#channel = channel;
    this.#ended = new AbortController();
    signal.addEventListener('abort', () => this.close(), { once: true });
    if (signal.aborted) this.close();
    this.#writer = port.writes ? new ConsoleWriter(session, port.of) : null;
  }

  static async open(
    session: HostSession,
    name: string,
    port: ConsolePort,
    signal: AbortSignal,
  ): Promise<Relay> {
    const opened = await session.ports.openChannel(port.path, CONNECT_TIMEOUT_MS);
    if (!('failed' in opened)) return new Relay(session, port, opened, signal);
    const { failed, detail } = opened;
    throw new PortalGunError(
      failed === 'denied' ? 'PERMISSION_DENIED' : 'CONSOLE_FAILED',
      `cannot connect to ${port.path}: ${detail}`,
      { subject: name },
    );
  }

  /** Relays until the VM stops, or the relay is closed. */
  async run(): Promise<void> {
    const ending = async (work: Promise<void>): Promise<void> => {
      try {
        await work;
      } finally {
        this.close();
      }
    };
    const writer = this.#writer;
    await Promise.all([
      ending(this.#output()),
      ending(this.#input()),
      ...(writer === null ? [] : [ending(writer.run(this.#ended.signal))]),
    ]);
  }

  close(): void {
    this.#ended.abort();
    this.#channel.close();
  }

  async #output(): Promise<void> {
    const { consoleLog } = machinePaths(this.#port.of);
    const { signal } = this.#ended;
    const log = readLog(this.#session, consoleLog, { lines: FIRST_LINES, follow: true, signal });
    for await (const piece of log) {
      if (!(await this.#channel.write(piece))) return;
    }
  }

  async #input(): Promise<void> {
    let noticedMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      const bytes = await this.#channel.read();
      if (bytes === null) return;
      const refusal = await (this.#writer?.send(bytes) ??
        'the definition of this machine allows only reading');
      const nowMs = this.#session.ports.monotonicMs();
      if (refusal === null || nowMs - noticedMs < NOTICE_MS) continue;
      noticedMs = nowMs;
      const notice = `\r\n[portal: nothing was sent to ${this.#port.of}: ${refusal}]\r\n`;
      if (!(await this.#channel.write(Buffer.from(notice)))) return;
    }
  }
}
