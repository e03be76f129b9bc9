import type { LeftJournal } from '../../apply/journal-parser.ts';
import type { Recovery } from '../../apply/recover.ts';
import type { ConfirmDocument } from '../../documents/changes/confirm.ts';
import type { RecoverDocument } from '../../documents/changes/recover.ts';
import type { RecoveredChange } from '../../operations/recovery/end-changes.ts';

/**
 * What `pci recover` did, as JSON: the changes that it met, the oldest first.
 *
 * @param missing what is persisted and not in force afterwards; `null` where nobody looked
 * @param leftBound what stays on a VFIO driver though what bound it is undone; `null` if that could not be read
 */
export function recoverDocument(
  recovery: Recovery,
  changes: readonly RecoveredChange[],
  missing: RecoverDocument['missing'] | null,
  leftBound: RecoverDocument['leftBound'] | null,
): RecoverDocument {
  return {
    schema: 'portal-gun/recover/v1',
    recovery,
    changes: changes.map(({ left, report }) => ({ ...leftDocument(left), report })),
    ...(missing === null ? {} : { missing }),
    ...(leftBound === null ? {} : { leftBound }),
  };
}

/** What `pci confirm` confirmed, as JSON. */
export function confirmDocument(changes: readonly LeftJournal[]): ConfirmDocument {
  return { schema: 'portal-gun/confirm/v1', changes: changes.map(leftDocument) };
}

function leftDocument({ startedAt, plan }: LeftJournal): ConfirmDocument['changes'][number] {
  return { startedAt, title: plan.title };
}
