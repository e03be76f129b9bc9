import { escapeControls } from '../../base/text.ts';
import type { ConsoleScriptDocument } from '../../documents/machines/console-script.ts';
import type { ScriptStepOutcome } from '../../guest/console/script-run.ts';
import type { ConsoleScriptResult } from '../../operations/console/run-console-script.ts';
import type { Style } from '../layout/style.ts';

const LAST_LINES = 15;

/** A step that ended, in a line: `✓ expect "login: "  2.1 s`. */
export function renderStep({ step, outcome, endedMs }: ScriptStepOutcome, style: Style): string {
  const mark = outcome === 'done' ? style('good', '✓') : style('bad', '✗');
  const seconds = ((endedMs ?? 0) / 1000).toFixed(1);
  return `${mark} ${escapeControls(step.words)}  ${seconds} s\n`;
}

/** What the guest printed last, for a person who looks for what went wrong. */
export function renderLastLines(transcript: string): string {
  const lines = transcript.trimEnd().split('\n').slice(-LAST_LINES);
  if (lines.join('').trim() === '') return 'The VM printed nothing while the script ran.\n';
  return `The VM printed last:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** The result as JSON. */
export function consoleScriptDocument({
  machine: { name, uuid, state },
  outcome,
  steps,
  durationMs,
  transcript,
  failure,
}: ConsoleScriptResult): ConsoleScriptDocument {
  return {
    schema: 'portal-gun/console-script/v1',
    machine: { name, uuid, state },
    outcome,
    durationMs: Math.round(durationMs),
    steps: steps.map(({ step, outcome: became, endedMs }) => ({
      at: step.at,
      kind: step.kind,
      words: step.words,
      outcome: became,
      endedMs: endedMs === null ? null : Math.round(endedMs),
    })),
    transcript: transcript.text,
    transcriptIsCut: transcript.isCut,
    failure:
      failure === null
        ? null
        : { code: failure.code, subject: failure.subject, message: failure.message, hint: failure.hint },
  };
}
