import { PortalGunError } from '../../base/errors.ts';
import type { FileStore, Storing } from '../../host/file-store.ts';
import type { Plan } from '../../plan/plan.ts';
import {
  JOURNAL_SCHEMA,
  type JournalEntry,
  type JournalHead,
  type JournalMark,
  type LeftJournal,
  parseJournal,
  unreadableJournal,
} from './journal-parser.ts';

const FOLDER = '/var/lib/portal-gun/journal';

/** The time and the boot in which a plan is applied. */
export interface Occasion {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly bootId: string | null;
}

/** The name of a journal, by its start time. */
export function journalIdOf({ startedAt }: Occasion): string {
  return startedAt.replace(/[^0-9TZ]/g, '');
}

/**
 * The record on disk of a plan that is being applied: a line with the plan before the first change, and a line before
 * and after each step. It is removed when the host is as requested, or as before. A change that must be confirmed
 * gets another line, and its journal is kept until then.
 */
export class Journal {
  readonly id: string;
  readonly #files: FileStore;

  private constructor(files: FileStore, id: string) {
    this.#files = files;
    this.id = id;
  }

  /**
   * @param allowed the names of the accepted safety rules
   * @throws PortalGunError JOURNAL_FAILED; nothing was changed then
   */
  static async begin(
    files: FileStore,
    plan: Plan,
    occasion: Occasion,
    allowed: ReadonlySet<string> = new Set(),
  ): Promise<Journal> {
    const id = journalIdOf(occasion);
    const head: JournalHead = { schema: JOURNAL_SCHEMA, ...occasion, allowed: [...allowed].sort(), plan };
    const storing = await files.replace(pathOf(id), JSON.stringify(head));
    if (storing !== 'written') {
      throw new PortalGunError('JOURNAL_FAILED', `cannot be written: ${storing.failed}`, {
        subject: pathOf(id),
      });
    }
    return new Journal(files, id);
  }

  /** Continues a journal that was left. */
  static reopen(files: FileStore, { id }: LeftJournal): Journal {
    return new Journal(files, id);
  }

  mark(step: number, mark: JournalMark): Promise<Storing> {
    return this.#add({ step, mark });
  }

  /** All steps are made: it awaits confirmation until then, in ms since the start of the machine; `null`: no longer. */
  awaitConfirmation(confirmByMs: number | null): Promise<Storing> {
    return this.#add({ confirmByMs });
  }

  end(): Promise<Storing> {
    return this.#files.remove(pathOf(this.id));
  }

  #add(entry: JournalEntry): Promise<Storing> {
    // The line end comes first, so that an incomplete line does not corrupt the next one.
    return this.#files.append(pathOf(this.id), `\n${JSON.stringify(entry)}`);
  }
}

/** Whether a journal is known to be of another boot. */
export function isOfOtherBoot(left: LeftJournal, bootId: string | null): boolean {
  return left.bootId !== null && bootId !== null && left.bootId !== bootId;
}

/**
 * The remaining journals, the oldest first.
 *
 * @throws PortalGunError JOURNAL_FAILED if one cannot be read, or is invalid
 */
export async function readJournals(files: Pick<FileStore, 'list' | 'read'>): Promise<readonly LeftJournal[]> {
  const names = await files.list(FOLDER);
  if ('failed' in names) throw unreadableJournal(FOLDER, names.failed);
  const ids = names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));
  const journals: LeftJournal[] = [];
  for (const id of ids) {
    const text = await files.read(pathOf(id));
    if (text === null) continue;
    if (typeof text !== 'string') throw unreadableJournal(pathOf(id), text.failed);
    journals.push(await parseJournal(id, pathOf(id), text));
  }
  return journals;
}

function pathOf(id: string): string {
  return `${FOLDER}/${id}.jsonl`;
}
