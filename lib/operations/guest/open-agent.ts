import { randomBytes } from 'node:crypto';
import { PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import { formatSpan } from '../../base/text.ts';
import type { GuestAgent } from '../../guest/agent/guest-agent.ts';
import { agentSocketOf } from '../../libvirt/machine/agent-channel.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import { type MachineState, mainDocument, readMachines } from '../../libvirt/machine/read-machines.ts';
import type { HostSession } from '../session/host-session.ts';
import { connectSocket, demandSocketsHere, lockSocket } from '../session/vm-socket.ts';
import { AgentSession } from './agent-session.ts';

/** Options for opening the agent of a guest. */
export interface OpenAgentOptions {
  /** The name or UUID of a VM. */
  readonly machine: string;
  /** How long the agent may take to answer, for example while the guest boots, and another user of it to end. Default: 30 s. */
  readonly waitMs?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** The time for an agent to answer. */
const AGENT_WAIT_MS = 30_000;
/** The time until the connection is made again: only that ends a frame of an earlier session that was cut. */
const RETRY_MS = 10_000;
const DISCONNECTED_MS = 500;
const LOCK_LOOK_MS = 200;

/** A VM with a channel to an agent. */
interface AgentMachine {
  readonly name: string;
  readonly state: MachineState;
  readonly socket: string;
}

/**
 * Opens a session with the agent of a running VM, which one process at a time can have open. Close it.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, NOT_RUNNING, NO_AGENT, AGENT_BUSY, AGENT_SILENT, AGENT_FAILED,
 *   PERMISSION_DENIED, BAD_ARGUMENT for a libvirt of another host, and the errors of reading libvirt
 */
export async function openAgent(session: HostSession, options: OpenAgentOptions): Promise<GuestAgent> {
  const { ports } = session;
  const { waitMs = AGENT_WAIT_MS, signal } = options;
  const endMs = ports.monotonicMs() + waitMs;
  const machine = await findAgent(session, options.machine);
  const release = await takeLock(session, machine, endMs, signal);
  try {
    let isOpen = false;
    while (signal?.aborted !== true) {
      const channel = await connectSocket(session, machine.name, machine.socket, 'AGENT_FAILED');
      const agent = new AgentSession(channel, ports, {
        subject: machine.name,
        nonce: randomBytes(12).toString('hex'),
        onClosed: () => {
          if (isOpen) release();
        },
      });
      const leftMs = endMs - ports.monotonicMs();
      isOpen = await agent.greet(Math.max(0, Math.min(RETRY_MS, leftMs)), signal);
      if (isOpen) return agent;
      agent.close();
      if (leftMs <= RETRY_MS) break;
      await ports.pause(DISCONNECTED_MS, signal);
    }
  } catch (error) {
    release();
    throw error;
  }
  release();
  throw new PortalGunError('AGENT_SILENT', `its agent did not answer within ${formatSpan(waitMs)}`, {
    subject: machine.name,
    hint: `read what the guest prints: ${shellCommand('portal', 'console', machine.name, '--log')}`,
  });
}

async function findAgent(session: HostSession, word: string): Promise<AgentMachine> {
  const virsh = demandSocketsHere(session, 'the socket of an agent is a file', ['portal', 'exec', word]);
  const { machines } = await readMachines(virsh, 'look');
  const found = findMachine(machines, word);
  const { name, state } = found;
  if (state !== 'running') {
    throw new PortalGunError(
      'NOT_RUNNING',
      state === 'paused' ? 'the VM is paused' : 'the VM is not running',
      {
        subject: name,
        hint:
          state === 'paused'
            ? `resume it: ${shellCommand('virsh', 'resume', name)}`
            : `start it: ${shellCommand('portal', 'up', name)}`,
      },
    );
  }
  const socket = agentSocketOf((found.live ?? mainDocument(found)).document);
  if (socket !== null) return { name, state, socket };
  const isDefined = found.definition !== null && agentSocketOf(found.definition.document) !== null;
  throw new PortalGunError('NO_AGENT', 'the VM has no channel to an agent', {
    subject: name,
    ...(isDefined
      ? { hint: `it gets one at its next start: ${shellCommand('portal', 'reload', name)}` }
      : {}),
  });
}

async function takeLock(
  session: HostSession,
  { name, socket }: AgentMachine,
  endMs: number,
  signal: AbortSignal | undefined,
): Promise<() => void> {
  const { ports } = session;
  for (;;) {
    const lock = await lockSocket(session, socket);
    if (typeof lock === 'function') return lock;
    if (ports.monotonicMs() >= endMs || signal?.aborted === true) {
      throw new PortalGunError('AGENT_BUSY', `its agent is in use by ${lock}`, { subject: name });
    }
    await ports.pause(LOCK_LOOK_MS, signal);
  }
}
