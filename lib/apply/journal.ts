import { PortalGunError } from '../base/errors.ts';
import type { FileStore, Storing } from '../host/file-store.ts';
import type { Plan } from '../plan/plan.ts';

const FOLDER = '/var/lib/portal-gun/journal';
const SCHEMA = 'portal-gun/journal/v1';

/** How far a step has come. Only what was begun can have changed anything. */
export type JournalMark = 'begun' | 'done' | 'undone';

/** A journal that is there: of a change that was cut short, or that awaits confirmation. */
export interface LeftJournal {
  readonly id: string;
  /** Of the boot in which it was begun: what the kernel was told does not outlive it. */
  readonly bootId: string | null;
  readonly startedAt: string;
  readonly plan: Plan;
  /** The last mark of each step that has one, by the step's index. */
  readonly marks: ReadonlyMap<number, JournalMark>;
  /** All of it was made, and stays if it is confirmed by then, in ms since the machine started; `null` otherwise. */
  readonly confirmByMs: number | null;
}

interface Head {
  readonly schema: string;
  readonly bootId: string | null;
  readonly startedAt: string;
  readonly plan: Plan;
}

/** When and in which boot a plan is applied. */
export interface Occasion {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly bootId: string | null;
}

/** A line below the first. */
type Entry =
  | { readonly step: number; readonly mark: JournalMark }
  /** Until when a change that was made may be confirmed; `null` once it is being undone. */
  | { readonly confirmByMs: number | null };

/** What a journal is named, from when it is begun. */
export function journalIdOf({ startedAt }: Occasion): string {
  return startedAt.replace(/[^0-9TZ]/g, '');
}

/**
 * What is kept on the disk of a plan that is being applied: a line with the plan before anything is changed, and
 * a line before and after each step. It is removed once the host is as asked, or as it was; a change that is to be
 * confirmed has another line then, and keeps it until it is.
 */
export class Journal {
  readonly id: string;
  readonly #files: FileStore;

  private constructor(files: FileStore, id: string) {
    this.#files = files;
    this.id = id;
  }

  /** @throws PortalGunError JOURNAL_FAILED; nothing was changed then */
  static async begin(files: FileStore, plan: Plan, occasion: Occasion): Promise<Journal> {
    const id = journalIdOf(occasion);
    const head: Head = { schema: SCHEMA, ...occasion, plan };
    const storing = await files.replace(pathOf(id), JSON.stringify(head));
    if (storing !== 'written') {
      throw new PortalGunError('JOURNAL_FAILED', `can't be written: ${storing.failed}`, {
        subject: pathOf(id),
      });
    }
    return new Journal(files, id);
  }

  /** A journal that was left behind, to be gone on with. */
  static reopen(files: FileStore, { id }: LeftJournal): Journal {
    return new Journal(files, id);
  }

  mark(step: number, mark: JournalMark): Promise<Storing> {
    return this.#add({ step, mark });
  }

  /** All is made: it awaits confirmation until then, in ms since the machine started; `null`: no longer. */
  awaitConfirmation(confirmByMs: number | null): Promise<Storing> {
    return this.#add({ confirmByMs });
  }

  end(): Promise<Storing> {
    return this.#files.remove(pathOf(this.id));
  }

  #add(entry: Entry): Promise<Storing> {
    // The line's end comes first: a line that was cut short must not spoil the next one.
    return this.#files.append(pathOf(this.id), `\n${JSON.stringify(entry)}`);
  }
}

/** Whether a journal is known to be of another boot. */
export function isOfOtherBoot(left: LeftJournal, bootId: string | null): boolean {
  return left.bootId !== null && bootId !== null && left.bootId !== bootId;
}

/**
 * The journals that were left behind, the oldest first.
 *
 * @throws PortalGunError JOURNAL_FAILED where one can't be read, or makes no sense
 */
export async function readJournals(files: FileStore): Promise<readonly LeftJournal[]> {
  const names = await files.list(FOLDER);
  if ('failed' in names) throw unreadable(FOLDER, names.failed);
  const ids = names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));
  const journals: LeftJournal[] = [];
  for (const id of ids) {
    const text = await files.read(pathOf(id));
    if (text === null) continue;
    if (typeof text !== 'string') throw unreadable(pathOf(id), text.failed);
    journals.push(parseJournal(id, text));
  }
  return journals;
}

function parseJournal(id: string, text: string): LeftJournal {
  const [first = '', ...rest] = text.split('\n');
  const head = parseLine(first) as Head | undefined;
  if (head?.schema !== SCHEMA || !Array.isArray(head.plan?.steps)) {
    throw unreadable(pathOf(id), 'it is no journal of this version');
  }
  const marks = new Map<number, JournalMark>();
  let confirmByMs: number | null = null;
  for (const line of rest) {
    // The last one may have been cut short: then what it says was not begun.
    const entry = parseLine(line) as Entry | undefined;
    if (entry === undefined) continue;
    if ('step' in entry) marks.set(entry.step, entry.mark);
    else confirmByMs = entry.confirmByMs;
  }
  const { bootId, startedAt, plan } = head;
  return { id, bootId, startedAt, plan, marks, confirmByMs };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) ?? undefined;
  } catch {
    return undefined;
  }
}

function pathOf(id: string): string {
  return `${FOLDER}/${id}.jsonl`;
}

function unreadable(path: string, detail: string): PortalGunError {
  return new PortalGunError('JOURNAL_FAILED', `can't be read: ${detail}`, {
    subject: path,
    hint: 'it says what was begun: look at it, put the host in order by hand, and remove it',
  });
}
