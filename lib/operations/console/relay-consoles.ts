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
  readonly signal?: AbortSignal | undefined;
  /** Called when the ports are connected. */
  readonly onStart?: (ports: readonly ConsolePort[]) => void;
}

/** The lines of a log that a machine sees first. */
const FIRST_LINES = 10;
/** A guest that sends all the time gets one notice in this time. */
const NOTICE_MS = 1000;

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
  { machine, signal, onStart }: RelayOptions,
): Promise<void> {
  const { name, ports } = await findPorts(session, machine);
  const release = await takeRelay(session, name);
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  signal?.addEventListener('abort', stop, { once: true });
  const relays: Relay[] = [];
  try {
    for (const port of ports) relays.push(await Relay.open(session, name, port, ended.signal));
    if (signal?.aborted === true) stop();
    onStart?.(ports);
    // QEMU closes all ports when the VM stops.
    await Promise.all(relays.map((relay) => relay.run()));
  } finally {
    stop();
    signal?.removeEventListener('abort', stop);
    for (const relay of relays) relay.close();
    release();
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
