import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { runMachine } from '../../../operations/guest/run-machine.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { GuestOptionValues } from '../../tables/portal/guest-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { buildMissing } from '../project/build-missing.ts';
import { guardGuestCommand, timesOf } from './guest-command.ts';

interface RunValues extends GuestOptionValues {
  readonly machine: string;
  readonly command: readonly string[];
  readonly project: string | undefined;
}

/** `portal run`: a machine that lives as long as one command. */
export async function runRun(
  args: RunValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  timesOf(args);
  const session = new HostSession(ports, { connect: args.connect, project: args.project });
  const failed = await buildMissing(session, { machines: [args.machine] }, terminal, dialogue, ports);
  if (failed !== null && failed.exitCode !== EXIT.ok) return failed;
  const onProgress = dialogue.canAsk ? (words: string) => dialogue.say(`portal: ${words}\n`) : undefined;
  return guardGuestCommand(session, args, dialogue, (options) =>
    runMachine(session, { ...options, onProgress }),
  );
}
