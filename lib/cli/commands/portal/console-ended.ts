import { EXIT } from '../../../base/errors.ts';
import { SIGNAL_EXITS } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { EndingSignal } from '../../terminal/dialogue.ts';

/** The result of a command that a signal ended. */
export function endedBy(signal: EndingSignal): CommandResult {
  return { exitCode: SIGNAL_EXITS[signal], stdout: '', stderr: '' };
}

/** The result of a command that ended on its own. */
export const ENDED: CommandResult = { exitCode: EXIT.ok, stdout: '', stderr: '' };
