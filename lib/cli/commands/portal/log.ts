import type { HostPorts } from '../../../host/host-ports.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { sessionOf } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { type ConsoleValues, linesOf, refuse, runConsole } from './console.ts';

interface LogValues
  extends Omit<ConsoleValues, 'resume' | 'escape' | 'log' | 'script' | 'transcript' | 'overwrite'> {
  readonly events: boolean;
}

/** `portal log`: the log of the console, as `portal console --log`; or the record of events. */
export async function runLog(
  args: LogValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  if (args.events) {
    if (args.follow) refuse('--follow', 'cannot be used with --events');
    if (args.raw) refuse('--raw', 'cannot be used with --events');
    const { showEvents } = await import('./event-log.ts');
    return showEvents(sessionOf(args, ports), { ...args, lines: linesOf(args) });
  }
  if (args.json) refuse('--json', 'applies only to --events');
  const others = { resume: false, overwrite: false };
  const none = { escape: undefined, script: undefined, transcript: undefined };
  return runConsole({ ...args, ...others, ...none, log: true }, terminal, dialogue, ports);
}
