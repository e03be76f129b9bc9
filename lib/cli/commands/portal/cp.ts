import { Cancelled } from '../../../base/cancelled.ts';
import { PortalGunError } from '../../../base/errors.ts';
import { escapeControls, formatSize } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type CopiedFile, copyFromGuest, copyToGuest } from '../../../operations/guest/copy-files.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { type CopyPlaces, guestCopyDocument } from '../../../render/machine/guest-copy.ts';
import { SIGNAL_EXITS } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { CopyOptionValues } from '../../tables/portal/guest-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { timesOf } from './guest-command.ts';

interface CpValues extends CopyOptionValues {
  readonly source: string;
  readonly target: string;
}

/** How often progress is printed. */
const PROGRESS_MS = 5000;

/** `portal cp`: a file between this host and the guest of a running VM. */
export async function runCp(
  args: CpValues,
  _terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const places = placesOf(args.source, args.target);
  if (args.overwrite && places.direction === 'to-guest') {
    throw new PortalGunError('BAD_ARGUMENT', 'applies only to a file of this host', {
      subject: '--overwrite',
      hint: 'omit it: a file of a guest is always replaced',
    });
  }
  const given = {
    ...places,
    mode: modeOf(args.mode),
    waitMs: timesOf({ timeout: undefined, wait: args.wait }).waitMs,
    onProgress: dialogue.canAsk ? progressTo(dialogue, ports) : undefined,
  };
  const session = new HostSession(ports, { connect: args.connect });
  return dialogue.guard(async (interruption) => {
    const options = { ...given, signal: interruption.ending };
    try {
      const copied =
        places.direction === 'to-guest'
          ? await copyToGuest(session, options)
          : await copyFromGuest(session, { ...options, overwrites: args.overwrite });
      return { exitCode: 0, stdout: shown(args, places, copied), stderr: '' };
    } catch (error) {
      if (!(error instanceof Cancelled) || interruption.signal === null) throw error;
      const left =
        places.direction === 'to-guest' ? 'the same command continues the copy' : 'no file was written';
      return {
        exitCode: SIGNAL_EXITS[interruption.signal],
        stdout: '',
        stderr: `portal: interrupted; ${left}\n`,
      };
    }
  });
}

function shown({ json, source, target }: CpValues, places: CopyPlaces, copied: CopiedFile): string {
  if (json) return formatDocument(guestCopyDocument(places, copied));
  return `${escapeControls(source)} copied to ${escapeControls(target)}: ${formatSize(copied.sizeBytes)}\n`;
}

/** @throws PortalGunError BAD_ARGUMENT if not exactly one of the two is in a guest */
function placesOf(source: string, target: string): CopyPlaces {
  const [from, to] = [guestPlaceOf(source), guestPlaceOf(target)];
  if (from === null && to !== null) return { direction: 'to-guest', ...to, hostPath: source };
  if (from !== null && to === null) return { direction: 'from-guest', ...from, hostPath: target };
  if (from === null) {
    throw new PortalGunError('BAD_ARGUMENT', 'neither path is in a guest', {
      subject: target,
      hint: 'write NAME:/PATH for a file in the guest of the VM NAME',
    });
  }
  throw new PortalGunError('BAD_ARGUMENT', 'both paths are in guests', {
    subject: target,
    hint: 'copy the file to this host first; write ./ before the path of a file of this host that contains a colon',
  });
}

/** A colon before the first slash separates the name of a VM from a path, as for `scp`. */
function guestPlaceOf(word: string): Pick<CopyPlaces, 'machine' | 'guestPath'> | null {
  const [, machine, guestPath] = /^([^/:]+):(.*)$/s.exec(word) ?? [];
  return machine === undefined || guestPath === undefined ? null : { machine, guestPath };
}

/** @throws PortalGunError BAD_ARGUMENT */
function modeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw new PortalGunError('BAD_ARGUMENT', `invalid value "${text}"`, {
    subject: '--mode',
    hint: 'use three octal digits, for example 644',
  });
}

function progressTo(dialogue: Dialogue, ports: HostPorts): (doneBytes: number, allBytes: number) => void {
  let lastMs = ports.monotonicMs();
  return (doneBytes, allBytes) => {
    const nowMs = ports.monotonicMs();
    if (nowMs - lastMs < PROGRESS_MS) return;
    lastMs = nowMs;
    dialogue.say(`portal: ${formatSize(doneBytes)} of ${formatSize(allBytes)}\n`);
  };
}
