import type { HostPorts } from '../../../host/host-ports.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { type ConsoleValues, runConsole } from './console.ts';

type LogValues = Omit<
  ConsoleValues,
  'json' | 'resume' | 'escape' | 'log' | 'script' | 'transcript' | 'overwrite'
>;

/** `portal log`: the log of the console, as `portal console --log`. */
export async function runLog(
  args: LogValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const others = { json: false, resume: false, overwrite: false };
  const none = { escape: undefined, script: undefined, transcript: undefined };
  return runConsole({ ...args, ...others, ...none, log: true }, terminal, dialogue, ports);
}
