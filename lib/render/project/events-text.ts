import { escapeControls } from '../../base/text.ts';
import type { MachineEventsDocument } from '../../documents/machines/machine-events.ts';
import type { EventRecord, ScriptOutcome, ScriptResult } from '../../machines/events/event-record.ts';
import type { EventList } from '../../operations/events/list-events.ts';

/** Events, a line each, with a line for each script and its indented output. */
export function renderEvents({ events }: EventList): string {
  return events.map(eventLines).join('');
}

function eventLines({ event, at, durationMs, reason, device, scripts }: EventRecord): string {
  const more = [reason, device].flatMap((each) => (each === null ? [] : [` (${escapeControls(each)})`]));
  return `${escapeControls(at)}  ${event}${more.join('')}  ${seconds(durationMs)}\n${scripts.map(scriptLines).join('')}`;
}

function scriptLines(result: ScriptResult): string {
  const { path, order, outcome, durationMs, output, isCut } = result;
  const time = outcome === 'not-run' ? '' : `  ${seconds(durationMs)}`;
  const printed = output.replace(/\r?\n$/, '');
  const lines = printed === '' ? [] : printed.split('\n');
  return [
    `  ${String(order).padStart(3)} ${escapeControls(path)}: ${wordsOf(result)}${time}`,
    ...(isCut ? ['        [the beginning of its output was not kept]'] : []),
    ...lines.map((line) => `        ${escapeControls(line)}`),
    '',
  ].join('\n');
}

const OUTCOME_WORDS: Readonly<Record<ScriptOutcome, string>> = {
  done: 'done',
  failed: 'failed',
  'timed-out': 'timed out',
  'not-run': 'not run',
};

function wordsOf({ outcome, exitCode, detail }: ScriptResult): string {
  const why = outcome !== 'failed' ? null : (detail ?? `exit code ${exitCode}`);
  return why === null ? OUTCOME_WORDS[outcome] : `${OUTCOME_WORDS[outcome]} (${escapeControls(why)})`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** The same as JSON. */
export function eventsDocument({ machine, events }: EventList): MachineEventsDocument {
  return { schema: 'portal-gun/machine-events/v1', machine, events };
}
