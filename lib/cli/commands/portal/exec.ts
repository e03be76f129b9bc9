import type { HostPorts } from '../../../host/host-ports.ts';
import { execInGuest } from '../../../operations/guest/exec-in-guest.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { GuestOptionValues } from '../../tables/portal/guest-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { guardGuestCommand } from './guest-command.ts';

interface ExecValues extends GuestOptionValues {
  readonly machine: string;
  readonly command: readonly string[];
}

/** `portal exec`: a command in the guest of a running VM. */
export async function runExec(
  args: ExecValues,
  _terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = new HostSession(ports, { connect: args.connect });
  return guardGuestCommand(session, args, dialogue, (options) => execInGuest(session, options));
}
