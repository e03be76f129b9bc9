import type { HostPorts } from '../../../host/host-ports.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { NO_NAMES } from '../../../pci/pci-ids.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { restoreAll } from './restore-all.ts';

/** `pci restore`: what the service runs at each boot. */
export async function runRestore(
  _args: object,
  { style }: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  // Nothing that it prints has names of devices, and the list of them is large.
  const session = new HostSession(ports, {}, NO_NAMES);
  return { exitCode: await restoreAll(session, style, dialogue), stdout: '', stderr: '' };
}
