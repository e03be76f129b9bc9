import { PortalGunError } from '../../base/errors.ts';
import { isPciAddress } from '../../pci/address.ts';
import type { Change } from '../../plan/change.ts';
import type { Guard } from '../../plan/guard.ts';
import type { Plan } from '../../plan/plan.ts';

export const JOURNAL_SCHEMA = 'portal-gun/journal/v1';

const MARKS = ['begun', 'done', 'undone'] as const;

/** The progress of a step. Only a started step can have changed anything. */
export type JournalMark = (typeof MARKS)[number];

/** An existing journal: of a change that was interrupted, or that awaits confirmation. */
export interface LeftJournal {
  readonly id: string;
  /** The boot in which it was started: changes of kernel state do not survive it. */
  readonly bootId: string | null;
  readonly startedAt: string;
  readonly plan: Plan;
  /** The names of the accepted safety rules; an older journal has none. */
  readonly allowed: ReadonlySet<string>;
  /** The last mark of each step that has one, by the step's index. */
  readonly marks: ReadonlyMap<number, JournalMark>;
  /**
   * If all steps were made: the time limit for the confirmation, in ms since the start of the machine; `null`
   * otherwise.
   */
  readonly confirmByMs: number | null;
}

/** The first line. */
export interface JournalHead {
  readonly schema: string;
  readonly bootId: string | null;
  readonly startedAt: string;
  readonly allowed: readonly string[];
  readonly plan: Plan;
}

/** A following line. */
export type JournalEntry =
  | { readonly step: number; readonly mark: JournalMark }
  /** The time limit for the confirmation of a finished change; `null` if it is being undone. */
  | { readonly confirmByMs: number | null };

/**
 * Parses a journal. Root runs its steps, so every part must have its exact form.
 *
 * @throws PortalGunError JOURNAL_FAILED
 */
export async function parseJournal(id: string, path: string, text: string): Promise<LeftJournal> {
  // This module parses XML, and few runs of the program find a journal.
  const { isChange } = await import('../../plan/change-shape.ts');
  const [first = '', ...rest] = text.split('\n');
  const head = parseLine(first);
  if (!isParts(head) || head['schema'] !== JOURNAL_SCHEMA) {
    throw unreadableJournal(path, 'it is not a journal of this version');
  }
  const { bootId, startedAt, allowed = [], plan } = head;
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (!(bootId === null || isText(bootId)) || !isText(startedAt)) {
    throw unreadableJournal(path, 'its first line lacks the boot and the time');
  }
  if (!isListOf(allowed, isText)) throw unreadableJournal(path, 'its list of allowed names is invalid');
  if (!isPlan(plan, isChange)) throw unreadableJournal(path, planProblem(plan, isChange));
  const marks = new Map<number, JournalMark>();
  let confirmByMs: number | null = null;
  for (const [index, line] of rest.entries()) {
    // The step of an incomplete line was not started.
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if (!isEntry(entry, plan.steps.length)) {
      throw unreadableJournal(path, `line ${index + 2} is not a valid mark of a step`);
    }
    if ('step' in entry) marks.set(entry.step, entry.mark);
    else confirmByMs = entry.confirmByMs;
  }
  return { id, bootId, startedAt, plan, allowed: new Set(allowed), marks, confirmByMs };
}

/** The error that a journal, or its folder, cannot be trusted. */
export function unreadableJournal(path: string, detail: string): PortalGunError {
  return new PortalGunError('JOURNAL_FAILED', `cannot be read: ${detail}`, {
    subject: path,
    hint: 'it lists the steps that were started: read it, undo them by hand, and remove it',
  });
}

type Parts = Readonly<Record<string, unknown>>;

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isParts(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf<T>(value: unknown, is: (value: unknown) => value is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

type IsChange = (value: unknown) => value is Change;

function isPlan(value: unknown, isChange: IsChange): value is Plan {
  return (
    isParts(value) &&
    typeof value['title'] === 'string' &&
    isListOf(value['guards'], isGuard) &&
    isListOf(value['steps'], (step) => isStep(step, isChange))
  );
}

function isStep(value: unknown, isChange: IsChange): value is Plan['steps'][number] {
  return isParts(value) && typeof value['words'] === 'string' && isChange(value['change']);
}

/** The part of a plan with an invalid form. */
function planProblem(value: unknown, isChange: IsChange): string {
  if (!isParts(value) || typeof value['title'] !== 'string') return 'it has no plan';
  const { guards, steps } = value;
  if (!isListOf(guards, isGuard)) return 'a guard of its plan is invalid';
  const at = Array.isArray(steps) ? steps.findIndex((step) => !isStep(step, isChange)) : -1;
  return at < 0
    ? 'its plan has no steps'
    : `step ${at + 1} of its plan is not a change that portal-gun makes`;
}

const IDS = /^[0-9a-f]{4}:[0-9a-f]{4}$/;

function isGuard(value: unknown): value is Guard {
  if (!isParts(value)) return false;
  const { address, id, subsystem, iommuGroup } = value;
  return (
    typeof address === 'string' &&
    isPciAddress(address) &&
    [id, subsystem].every((each) => each === null || (typeof each === 'string' && IDS.test(each))) &&
    (iommuGroup === null ||
      Number.isInteger(iommuGroup) ||
      (isParts(iommuGroup) && typeof iommuGroup['unknown'] === 'string'))
  );
}

function isEntry(value: unknown, steps: number): value is JournalEntry {
  if (!isParts(value)) return false;
  const { step, mark, confirmByMs } = value;
  if (!('step' in value)) return confirmByMs === null || Number.isFinite(confirmByMs);
  return (
    typeof step === 'number' &&
    Number.isInteger(step) &&
    step >= 0 &&
    step < steps &&
    MARKS.some((each) => each === mark)
  );
}
