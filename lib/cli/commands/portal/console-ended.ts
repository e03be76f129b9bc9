import { EXIT } from '../../../base/errors.ts';
import { SIGNAL_EXITS } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { EndingSignal } from '../../terminal/dialogue.ts';

/** The result of what a signal ended. */
export function endedBy(signal: EndingSignal): CommandResult {
  return { exitCode: SIGNAL_EXITS[signal], stdout: '', stderr: '' };
}

/** The result of what ended by itself. */
export const ENDED: CommandResult = { exitCode: EXIT.ok, stdout: '', stderr: '' };
