import { isOfOtherBoot, readJournals } from '../../apply/journal/journal.ts';
import type { LeftJournal } from '../../apply/journal/journal-parser.ts';
import { type BootTime, type JournalStatus, journalStatusOf } from '../../apply/journal/journal-status.ts';
import { openSteps, touchedByAll } from '../../apply/touched.ts';
import { PortalGunError } from '../../base/errors.ts';
import { BROKEN, DENIED, UNREAD, type Unknown } from '../../base/known.ts';
import type { FileStore } from '../../host/file-store.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { PersistedDevice } from '../../pci/persisted/persisted-device.ts';
import type { HostSession } from '../session/host-session.ts';
import { bootTimeOf } from './confirmation.ts';

/** A change that was interrupted, or awaits confirmation, in the form of documents. */
export interface PendingChange {
  readonly startedAt: string;
  readonly title: string;
  readonly standing: JournalStatus['kind'];
}

/** The changes of a host that need a recovery. */
export interface PendingRecovery {
  readonly journals: readonly LeftJournal[];
  readonly now: BootTime;
  readonly changes: readonly PendingChange[] | Unknown;
  /** Sentences about them, or why they cannot be read. */
  readonly notes: readonly string[];
}

/**
 * Reads the changes that were interrupted, or await confirmation. If they cannot be read without root, only documents
 * report it.
 */
export async function readPendingRecovery({
  host,
  isCaptured,
  ports,
}: HostSession): Promise<PendingRecovery> {
  const now = bootTimeOf(host);
  const none = { journals: [], now, notes: [] };
  try {
    const journals = isCaptured ? await readCaptured(host) : await readJournals(await ports.openFiles());
    if (journals === null) return { ...none, changes: UNREAD };
    const changes = journals.map((left) => ({
      startedAt: left.startedAt,
      title: left.plan.title,
      standing: journalStatusOf(left, now).kind,
    }));
    return { journals, now, changes, notes: changes.map(noteOn) };
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    const isDenied = /EACCES|EPERM|denied/.test(error.message);
    const notes = isDenied ? [] : [`${error.subject}: ${error.message}`];
    return { ...none, changes: isDenied ? DENIED : BROKEN, notes };
  }
}

function noteOn({ startedAt, title, standing }: PendingChange): string {
  const what = {
    'cut-short': 'was interrupted: a recovery is pending; run pci recover, or pci recover --finish',
    overdue: 'was not confirmed in time: a recovery is pending; run pci recover, or pci recover --finish',
    awaiting: 'awaits confirmation: run pci confirm, or pci recover',
  }[standing];
  return `"${title}" (${startedAt}) ${what}`;
}

/** `null` for a captured host that does not contain them. */
async function readCaptured(host: HostReader): Promise<readonly LeftJournal[] | null> {
  let isUnread = false;
  const failed = (reading: unknown): { failed: string } | null => {
    if (!isFailure(reading)) return null;
    isUnread ||= reading.unknown === 'unread';
    return { failed: reading.unknown === 'denied' ? 'EACCES' : reading.detail };
  };
  const files: Pick<FileStore, 'list' | 'read'> = {
    async list(path) {
      const names = host.list(path);
      return failed(names) ?? (names as readonly string[] | null) ?? [];
    },
    async read(path) {
      const text = host.readText(path);
      return failed(text) ?? (text as string | null);
    },
  };
  try {
    return await readJournals(files);
  } catch (error) {
    if (isUnread) return null;
    throw error;
  }
}

/**
 * Why a persisted entry is left: a change that can still be undone or finished changes its device, or the entry
 * itself; `null` if there is none.
 *
 * @param path of the record with the entry
 * @param entriesOf parses the entries of a record
 */
export function pendingProblem(
  { journals, now: { bootId } }: Pick<PendingRecovery, 'journals' | 'now'>,
  entry: PersistedDevice,
  addresses: readonly PciAddress[],
  path: string,
  entriesOf: (text: string | null) => readonly PersistedDevice[],
): string | null {
  const left = journals.find((each) => {
    const touched = touchedByAll([each], bootId);
    return (
      addresses.some((address) => touched.has(address)) || isRewritten(each, bootId, entry, path, entriesOf)
    );
  });
  if (left === undefined) return null;
  const when = isOfOtherBoot(left, bootId) ? 'in an earlier boot' : 'in this boot';
  return `"${left.plan.title}" changes it, and was interrupted ${when}: run pci recover, or pci recover --finish`;
}

/** Whether an open change writes another entry for a device into a record. */
function isRewritten(
  left: LeftJournal,
  bootId: string | null,
  entry: PersistedDevice,
  path: string,
  entriesOf: (text: string | null) => readonly PersistedDevice[],
): boolean {
  return openSteps(left, bootId).some(({ change }) => {
    if (change.kind !== 'file' || change.path !== path) return false;
    return [change.from, change.to].some((text) => !holds(text, entry, entriesOf));
  });
}

function holds(
  text: string | null,
  entry: PersistedDevice,
  entriesOf: (text: string | null) => readonly PersistedDevice[],
): boolean {
  try {
    return entriesOf(text).some((each) => JSON.stringify(each) === JSON.stringify(entry));
  } catch {
    return false;
  }
}
