import { Cancelled } from '../../../base/cancelled.ts';
import type { WorkOptions } from '../../../operations/boot/work.ts';
import { SIGNAL_EXITS } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue, EndingSignal } from '../../terminal/dialogue.ts';

/**
 * Runs work that takes long. A signal ends it early, and then ends the program; no files are left. On a terminal,
 * each step is printed.
 *
 * @param show shows the result of the command, if no signal came
 */
export async function guardWork<T>(
  dialogue: Dialogue,
  work: (options: WorkOptions) => Promise<T>,
  show: (answer: T) => CommandResult,
): Promise<CommandResult> {
  let signal: EndingSignal | null = null;
  const onProgress = dialogue.canAsk ? (line: string) => dialogue.say(`portal: ${line}\n`) : undefined;
  try {
    return show(
      await dialogue.guard(async (interruption) => {
        try {
          return await work({ signal: interruption, onProgress });
        } finally {
          signal = interruption.signal;
        }
      }),
    );
  } catch (error) {
    if (signal === null || !(error instanceof Cancelled)) throw error;
    return {
      exitCode: SIGNAL_EXITS[signal],
      stdout: '',
      stderr: 'portal: interrupted; nothing was stored\n',
    };
  }
}
