import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { GuestExit } from '../../../guest/agent/guest-agent.ts';
import { ConsoleText } from '../../../guest/console/console-text.ts';
import type { GuestCommandOptions } from '../../../operations/guest/exec-in-guest.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderError } from '../../../render/error-text.ts';
import { guestExecDocument } from '../../../render/machine/guest-exec.ts';
import { SIGNAL_EXITS } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { millisecondsOf } from '../../seconds-option.ts';
import type { GuestOptionValues } from '../../tables/portal/guest-options.ts';
import type { Dialogue, EndingSignal } from '../../terminal/dialogue.ts';
import type { RawStreams } from '../../terminal/raw-streams.ts';

interface GuestCommandValues extends GuestOptionValues {
  readonly machine: string;
  readonly command: readonly string[];
}

const MAX_INPUT_BYTES = 1024 * 1024;

/** Runs a command in a guest, prints its output as it comes, or a document, and returns its exit status. */
export async function guardGuestCommand(
  session: HostSession,
  args: GuestCommandValues,
  dialogue: Dialogue,
  run: (options: GuestCommandOptions) => Promise<GuestExit>,
): Promise<CommandResult> {
  const { machine, command, json, raw } = args;
  const options = { machine, command, ...timesOf(args) };
  const files = await session.ports.openUserFiles();
  const input =
    args.input === undefined ? undefined : files.read(args.input, MAX_INPUT_BYTES, 'BAD_ARGUMENT');
  return dialogue.guard(async (interruption) => {
    const given = { ...options, input, signal: interruption.ending };
    if (json) {
      const exit = await run(given);
      const stderr = exit.ended.kind === 'timeout' ? renderError('portal', timeoutError(args)) : '';
      return {
        exitCode: statusOf(exit, interruption.signal),
        stdout: formatDocument(guestExecDocument(machine, exit)),
        stderr,
      };
    }
    const streams = await dialogue.openStreams();
    const printer = printerTo(streams, dialogue, raw);
    try {
      // Nothing of it is kept, so that it needs no limit.
      const exit = await run({ ...given, maxOutputBytes: Number.MAX_SAFE_INTEGER, onOutput: printer.print });
      await printer.end();
      if (exit.ended.kind === 'timeout') throw timeoutError(args);
      return { exitCode: statusOf(exit, interruption.signal), stdout: '', stderr: '' };
    } finally {
      streams.close();
    }
  });
}

/** Prints both outputs of a command. stderr is text; on a terminal, stdout is, too, unless all bytes are requested. */
function printerTo(
  { output }: RawStreams,
  dialogue: Dialogue,
  raw: boolean,
): { print(stream: 'out' | 'err', bytes: Uint8Array): Promise<void>; end(): Promise<void> } {
  const out = output.isTerminal && !raw ? new ConsoleText({ keepsColors: true }) : null;
  const err = new ConsoleText({ keepsColors: false });
  return {
    async print(stream, bytes) {
      if (stream === 'err') dialogue.say(err.push(bytes));
      else await output.write(out === null ? bytes : Buffer.from(out.push(bytes)));
    },
    async end() {
      dialogue.say(err.end());
      if (out !== null) await output.write(Buffer.from(out.end()));
    },
  };
}

function statusOf({ ended }: GuestExit, signal: EndingSignal | null): number {
  switch (ended.kind) {
    case 'exit':
      return ended.status;
    case 'cancelled':
      return signal === null ? EXIT.interrupted : SIGNAL_EXITS[signal];
    case 'timeout':
    case 'too-much-output':
      return EXIT.toolFailed;
  }
}

function timeoutError({ machine, timeout }: GuestCommandValues): PortalGunError {
  return new PortalGunError('GUEST_TIMEOUT', `the command did not end within ${timeout} s, and was ended`, {
    subject: machine,
  });
}

/** @throws PortalGunError BAD_ARGUMENT for a time that is not a number of seconds */
export function timesOf({ timeout, wait }: Pick<GuestOptionValues, 'timeout' | 'wait'>): {
  readonly timeoutMs: number | undefined;
  readonly waitMs: number | undefined;
} {
  return { timeoutMs: millisecondsOf('--timeout', timeout), waitMs: millisecondsOf('--wait', wait) };
}
