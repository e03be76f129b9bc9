import { PortalGunError } from '../../../base/errors.ts';
import { SIGNAL_EXITS } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue, EndingSignal } from '../../terminal/dialogue.ts';

/**
 * Runs a function that reads ROMs. After a signal, the current ROM is disabled again, and then the program ends.
 *
 * @param show the result of the command without a signal
 */
export async function guardRomReading<T>(
  dialogue: Dialogue,
  read: (signal: { readonly aborted: boolean }) => Promise<T>,
  show: (answer: T) => CommandResult,
): Promise<CommandResult> {
  let signal: EndingSignal | null = null;
  try {
    const answer = await dialogue.guard(async (interruption) => {
      try {
        return await read(interruption);
      } finally {
        signal = interruption.signal;
      }
    });
    return signal === null ? show(answer) : interruptedResult(signal);
  } catch (error) {
    const isCutShort = error instanceof PortalGunError && error.code === 'ROM_UNREADABLE';
    if (signal === null || !isCutShort) throw error;
    return interruptedResult(signal);
  }
}

function interruptedResult(signal: EndingSignal): CommandResult {
  const stderr = 'pci: interrupted; the ROM is disabled again, and no file was written\n';
  return { exitCode: SIGNAL_EXITS[signal], stdout: '', stderr };
}
