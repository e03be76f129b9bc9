import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { runConsoleScript } from '../../../operations/console/run-console-script.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderError } from '../../../render/error-text.ts';
import {
  consoleScriptDocument,
  renderLastLines,
  renderStep,
} from '../../../render/machine/console-script.ts';
import { SIGNAL_EXITS } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface ScriptValues {
  readonly machine: string;
  readonly resume: boolean;
  readonly script: string;
  readonly transcript: string | undefined;
  readonly overwrite: boolean;
  readonly json: boolean;
}

const MAX_SCRIPT_BYTES = 1024 * 1024;

/** `portal console --script`: expects and sends, step by step. */
export async function runScript(
  session: HostSession,
  args: ScriptValues,
  { style }: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const { machine, resume, json, overwrite } = args;
  const files = await session.ports.openUserFiles();
  const bytes = files.read(args.script, MAX_SCRIPT_BYTES, 'BAD_SCRIPT');
  const script = { text: new TextDecoder().decode(bytes), name: files.nameOf(args.script) };
  const file = args.transcript === undefined ? null : files.absolute(args.transcript);
  if (file !== null) {
    // This fails before the script changes the guest.
    files.demandPlace(file);
    if (!overwrite && files.isFile(file)) {
      throw new PortalGunError('FILE_EXISTS', 'is there already', { subject: file });
    }
  }
  return dialogue.guard(async (interruption) => {
    const result = await runConsoleScript(session, {
      machine,
      resume,
      script,
      signal: interruption.ending,
      onStep: (outcome) => {
        if (!json) dialogue.say(renderStep(outcome, style));
      },
    });
    const { failure, transcript } = result;
    // The transcript can contain passwords that the guest showed.
    if (file !== null) files.put(file, transcript.text, { isPrivate: true, overwrites: true });
    const { signal } = interruption;
    const lines = failure === null ? '' : renderLastLines(transcript.text);
    return {
      exitCode: failure?.exitCode ?? (signal === null ? EXIT.ok : SIGNAL_EXITS[signal]),
      stdout: json ? formatDocument(consoleScriptDocument(result)) : '',
      stderr: failure === null ? '' : (json ? '' : lines) + renderError('portal', failure),
    };
  });
}
