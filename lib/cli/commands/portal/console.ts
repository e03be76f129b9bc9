import { PortalGunError } from '../../../base/errors.ts';
import { controlOf } from '../../../guest/console/console-keys.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { isGiven, optionNamed } from '../../grammar/command.ts';
import { sessionOf } from '../../reading-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** The values of `portal console`. */
export interface ConsoleValues extends LibvirtValues {
  readonly machine: string;
  readonly resume: boolean;
  readonly escape: string | undefined;
  readonly log: boolean;
  readonly follow: boolean;
  readonly lines: string | undefined;
  readonly raw: boolean;
  readonly script: string | undefined;
  readonly transcript: string | undefined;
  readonly overwrite: boolean;
}

type Way = 'attach' | 'log' | 'script';

/** The options that only one way of use takes. */
const OPTIONS: Readonly<Record<Way, readonly (keyof ConsoleValues)[]>> = {
  attach: ['escape'],
  log: ['follow', 'lines', 'raw'],
  script: ['transcript', 'overwrite', 'json'],
};

const ESCAPE = '^]';

/** `portal console`: the serial console of a VM, for a person, as a log, or for a script. */
export async function runConsole(
  args: ConsoleValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const [lines, escapeByte] = [linesOf(args), escapeOf(args.escape ?? ESCAPE)];
  const way = wayOf(args);
  const session = sessionOf(args, ports);
  switch (way) {
    case 'log': {
      const { showLog } = await import('./console-log.ts');
      return showLog(session, { ...args, lines }, dialogue);
    }
    case 'script': {
      const { runScript } = await import('./console-script.ts');
      return runScript(session, { ...args, script: args.script ?? '' }, terminal, dialogue);
    }
    case 'attach': {
      const { attach } = await import('./console-attach.ts');
      return attach(session, { ...args, escape: escapeByte }, dialogue);
    }
  }
}

function wayOf(args: ConsoleValues): Way {
  const isScript = args.script !== undefined;
  if (args.log && isScript) refuse('--log', 'cannot be used with --script');
  const way: Way = args.log ? 'log' : isScript ? 'script' : 'attach';
  if (args.log && args.resume) refuse('--resume', 'cannot be used with --log, which only reads a file');
  for (const [other, options] of Object.entries(OPTIONS)) {
    const given = options.find((option) => isGiven(args[option]));
    if (other === way || given === undefined) continue;
    const words =
      other === 'attach' ? 'applies only without --log and --script' : `applies only to --${other}`;
    refuse(optionNamed(given), words);
  }
  if (args.overwrite && args.transcript === undefined) refuse('--overwrite', 'applies only to --transcript');
  return way;
}

/** The number of lines; with `--follow` ten by default, as tail does. */
export function linesOf({ lines, follow }: Pick<ConsoleValues, 'lines' | 'follow'>): number | undefined {
  if (lines === undefined) return follow ? 10 : undefined;
  if (/^\d{1,7}$/.test(lines)) return Number(lines);
  return refuse('--lines', `invalid value "${lines}"`, 'use a whole number, such as 50');
}

/** The byte of an escape character: `^]`, or one character. */
function escapeOf(written: string): number {
  const control = written.length === 2 && written.startsWith('^') ? controlOf(written.slice(1)) : null;
  if (control !== null) return control.charCodeAt(0);
  if (/^[\x20-\x7e]$/.test(written)) return written.charCodeAt(0);
  return refuse('--escape', `invalid value "${written}"`, 'use ^ and a letter, such as ^A, or one character');
}

export function refuse(subject: string, message: string, hint?: string): never {
  throw new PortalGunError('BAD_ARGUMENT', message, { subject, ...(hint === undefined ? {} : { hint }) });
}
