import { type HostEvent, isHostEvent } from './machine-event.ts';

/** The result of a script; `not-run`: an earlier one failed, and the event halted. */
const SCRIPT_OUTCOMES = ['done', 'failed', 'timed-out', 'not-run'] as const;
export type ScriptOutcome = (typeof SCRIPT_OUTCOMES)[number];

/** A script that ran on an event. */
export interface ScriptResult {
  /** Its path among installed scripts: `prepare.d/10-x`. */
  readonly path: string;
  readonly order: number;
  readonly outcome: ScriptOutcome;
  /** `null` if it did not run, was ended, or could not be started. */
  readonly exitCode: number | null;
  /** Why it failed without an exit code; `null` if it has one, or did not run. */
  readonly detail: string | null;
  readonly durationMs: number;
  /** The end of what it printed on both streams. */
  readonly output: string;
  /** Whether it printed more. */
  readonly isCut: boolean;
}

/** An event of a machine for which scripts ran. */
export interface EventRecord {
  readonly event: HostEvent;
  /** Its start, ISO 8601 in UTC. */
  readonly at: string;
  readonly durationMs: number;
  /** Why the VM stopped, as libvirt reports it: `shutdown`, `destroyed`, `crashed`; `null` if it reports none. */
  readonly reason: string | null;
  /** The device that was added or removed; `null` for other events. */
  readonly device: string | null;
  readonly scripts: readonly ScriptResult[];
}

/** One line of the record of a machine. */
export function formatEventRecord(record: EventRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Reads the record of a machine, the oldest event first. Lines that are none, for example half of one, are left out. */
export function parseEventRecords(text: string): readonly EventRecord[] {
  return text.split('\n').flatMap((line): readonly EventRecord[] => {
    try {
      const value: unknown = JSON.parse(line);
      return isRecord(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

type Parts = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is EventRecord {
  return (
    isParts(value) &&
    isHostEvent(String(value['event'])) &&
    typeof value['at'] === 'string' &&
    typeof value['durationMs'] === 'number' &&
    isTextOrNull(value['reason']) &&
    isTextOrNull(value['device']) &&
    Array.isArray(value['scripts']) &&
    value['scripts'].every(isResult)
  );
}

function isResult(value: unknown): boolean {
  return (
    isParts(value) &&
    typeof value['path'] === 'string' &&
    typeof value['order'] === 'number' &&
    SCRIPT_OUTCOMES.some((each) => each === value['outcome']) &&
    (value['exitCode'] === null || typeof value['exitCode'] === 'number') &&
    isTextOrNull(value['detail']) &&
    typeof value['durationMs'] === 'number' &&
    typeof value['output'] === 'string' &&
    typeof value['isCut'] === 'boolean'
  );
}

function isParts(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null;
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}
