import { ConsoleText } from '../../../guest/console/console-text.ts';
import { readConsoleLog } from '../../../operations/console/console-log.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import { ENDED, endedBy } from './console-ended.ts';

interface LogValues {
  readonly machine: string;
  readonly follow: boolean;
  readonly lines: number | undefined;
  readonly raw: boolean;
}

/** `portal console --log`: on a terminal without the bytes that would act on it, unless all bytes are requested. */
export async function showLog(
  session: HostSession,
  { machine, follow, lines, raw }: LogValues,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const streams = await dialogue.openStreams();
  const { output } = streams;
  const text = output.isTerminal && !raw ? new ConsoleText({ keepsColors: true }) : null;
  try {
    return await dialogue.guard(async (interruption) => {
      const signal = interruption.ending;
      for await (const piece of readConsoleLog(session, { machine, follow, lines, signal })) {
        const shown = text === null ? piece : Buffer.from(text.push(piece));
        if (!(await output.write(shown))) break;
      }
      if (text !== null) await output.write(Buffer.from(text.end()));
      return interruption.signal === null ? ENDED : endedBy(interruption.signal);
    });
  } finally {
    streams.close();
  }
}
