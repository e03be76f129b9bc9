import { PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import type { Channel } from '../../host/channel.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';
import { connectSocket, lockSocket } from '../session/vm-socket.ts';
import { lastLines } from './console-log.ts';
import { demandSocket, findConsole, type MachineConsole } from './find-console.ts';
import { hasUntakenConnection } from './untaken-connection.ts';

/** Options for opening a console. */
export interface OpenConsoleOptions {
  /** The name or UUID of a VM. */
  readonly machine: string;
  /** Whether a paused VM is resumed when the console is open, so that no output is lost. */
  readonly resume?: boolean | undefined;
}

/** A console that is open, by one process at a time. Close it. */
export interface OpenConsole extends MachineConsole {
  readonly channel: Channel;
  /** The last lines of its log before it was opened, at most 64 KiB; empty if it has no log that this user may read. */
  readonly tail: Uint8Array;
  /** Disconnects, so that other processes can open it. */
  close(): void;
}

const TAIL_LINES = 10;
/** The longest time until QEMU accepts a connection, and the interval of the checks. */
const ACCEPT_MS = 2000;
const LOOK_MS = 50;

/**
 * Opens the serial console of a running or paused VM: takes its lock, connects to its socket, and resumes it if asked.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, NOT_RUNNING, NO_CONSOLE, CONSOLE_BUSY, CONSOLE_FAILED, PERMISSION_DENIED,
 *   BAD_ARGUMENT, TOOL_MISSING, TOOL_FAILED if it cannot be resumed, and the errors of reading libvirt
 */
export async function openConsole(
  session: HostSession,
  { machine, resume = false }: OpenConsoleOptions,
): Promise<OpenConsole> {
  const found = await findConsole(session, machine);
  const path = demandSocket(found);
  const release = await takeConsole(session, found, path);
  try {
    const log = found.console?.log ?? null;
    const tail = log === null ? new Uint8Array() : await lastLines(session, log, TAIL_LINES);
    const channel = await connectSocket(session, found.name, path, 'CONSOLE_FAILED');
    const close = (): void => {
      channel.close();
      release();
    };
    try {
      await demandAccepted(session, found, path);
      if (resume && found.state === 'paused') await resumeMachine(session, found);
    } catch (error) {
      channel.close();
      throw error;
    }
    return { ...found, channel, tail, close };
  } catch (error) {
    release();
    throw error;
  }
}

async function takeConsole(
  session: HostSession,
  { name }: MachineConsole,
  path: string,
): Promise<() => void> {
  const lock = await lockSocket(session, path);
  if (typeof lock === 'function') return lock;
  throw busy(name, lock);
}

function busy(name: string, who: string): PortalGunError {
  return new PortalGunError('CONSOLE_BUSY', `its console is open in ${who}`, {
    subject: name,
    hint: `read what the VM prints: ${shellCommand('portal', 'console', name, '--log', '--follow')}`,
  });
}

/** QEMU accepts one connection. Another stays in the queue of the socket, without an error and without a byte. */
async function demandAccepted({ ports }: HostSession, { name }: MachineConsole, path: string): Promise<void> {
  for (let waitedMs = 0; hasUntakenConnection(ports.reader, path); waitedMs += LOOK_MS) {
    if (waitedMs >= ACCEPT_MS) throw busy(name, 'another program');
    await ports.pause(LOOK_MS);
  }
}

async function resumeMachine(session: HostSession, { name, uuid }: MachineConsole): Promise<void> {
  const { error } = await virshOf(session).run(['resume', uuid]);
  if (error === null) return;
  throw new PortalGunError('TOOL_FAILED', `cannot be resumed: ${error}`, { subject: name });
}
