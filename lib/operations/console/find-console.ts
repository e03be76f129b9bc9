import { PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import {
  type KnownMachine,
  type MachineState,
  mainDocument,
  readMachines,
} from '../../libvirt/machine/read-machines.ts';
import { type SerialConsole, serialConsoleOf } from '../../libvirt/machine/serial-console.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandSocketsHere } from '../session/vm-socket.ts';

/** The serial console of a VM. */
export interface MachineConsole {
  /** The name of the VM. */
  readonly name: string;
  readonly uuid: string;
  readonly state: MachineState;
  /** As the VM runs, or as it is defined if it does not run; `null` if it has none. */
  readonly console: SerialConsole | null;
}

/**
 * Finds the console of a VM, by its name or UUID.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, BAD_ARGUMENT for a libvirt of another host, and the errors of reading
 *   libvirt
 */
export async function findConsole(session: HostSession, word: string): Promise<MachineConsole> {
  const virsh = demandSocketsHere(session, 'the socket and the log of a console are files', [
    'portal',
    'console',
    word,
  ]);
  const { machines } = await readMachines(virsh, 'look');
  const machine = findMachine(machines, word);
  const { name, uuid, state } = machine;
  return { name, uuid, state, console: serialConsoleOf(documentOf(machine)) };
}

function documentOf(machine: KnownMachine) {
  return (machine.live ?? mainDocument(machine)).document;
}

/**
 * The path of the socket of a console.
 *
 * @throws PortalGunError NOT_RUNNING, NO_CONSOLE
 */
export function demandSocket({ name, state, console }: MachineConsole): string {
  if (state === 'shut-off') {
    throw new PortalGunError('NOT_RUNNING', 'the VM is not running', {
      subject: name,
      hint: `start it: ${shellCommand('virsh', 'start', name)}`,
    });
  }
  if (console?.kind === 'socket') return console.path;
  const [message, hint] = otherConsole(name, console);
  throw new PortalGunError('NO_CONSOLE', message, {
    subject: name,
    ...(hint === null ? {} : { hint }),
  });
}

function otherConsole(
  name: string,
  console: Exclude<SerialConsole, { kind: 'socket' }> | null,
): readonly [message: string, hint: string | null] {
  switch (console?.type) {
    case undefined:
      return ['the VM has no serial console', null];
    case 'pty':
      return ['its console is a pseudo-terminal of libvirt', `use ${shellCommand('virsh', 'console', name)}`];
    case 'file': {
      const path = console?.path ?? null;
      const hint = path === null ? null : `read the file: ${shellCommand('tail', '-f', path)}`;
      return ['its console only writes to a file', hint];
    }
    case 'unix-client':
      return ['its console is a socket that another program serves', 'use that program'];
    default:
      return [`its console is of type ${console?.type}, not a socket that QEMU serves`, null];
  }
}

/**
 * The path of the log of a console, which is there also while the VM does not run.
 *
 * @throws PortalGunError NO_CONSOLE
 */
export function demandLog({ name, console }: MachineConsole): string {
  const log = console?.log ?? (console?.kind === 'other' ? console.path : null);
  if (log !== null && log !== undefined) return log;
  const message = console === null ? 'the VM has no serial console' : 'its console has no log';
  throw new PortalGunError('NO_CONSOLE', message, { subject: name });
}
