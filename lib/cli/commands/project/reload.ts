import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { type HaltValues, runPortalHalt } from './down.ts';
import { runPortalUp } from './up.ts';

/** `portal reload`: machines are stopped, and brought up again: two plans. The second is made after the first is applied. */
export async function runPortalReload(
  args: Omit<HaltValues, 'dryRun' | 'script'>,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const values = { ...args, dryRun: false, script: false };
  const halted = await runPortalHalt(values, terminal, dialogue, ports);
  if (halted.exitCode !== EXIT.ok) return halted;
  // Whoever agreed that they are stopped wants them back.
  return runPortalUp({ ...values, yes: true, paused: false, allow: [] }, terminal, dialogue, ports);
}
