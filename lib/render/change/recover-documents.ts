import type { LeftJournal } from '../../apply/journal/journal-parser.ts';
import type { Recovery } from '../../apply/recover.ts';
import type { ConfirmDocument } from '../../documents/changes/confirm.ts';
import type { RecoverDocument } from '../../documents/changes/recover.ts';
import type { RecoveredChange } from '../../operations/recovery/end-changes.ts';

/**
 * The result of `pci recover`, as JSON: the changes that it found, the oldest first.
 *
 * @param missing the persisted settings that are not in force afterwards; `null` if that was not checked
 * @param leftBound the devices that stay on a VFIO driver although their binding was undone; `null` if that could not
 * be read
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

/** The result of `pci confirm`, as JSON. */
export function confirmDocument(changes: readonly LeftJournal[]): ConfirmDocument {
  return { schema: 'portal-gun/confirm/v1', changes: changes.map(leftDocument) };
}

function leftDocument({ startedAt, plan }: LeftJournal): ConfirmDocument['changes'][number] {
  return { startedAt, title: plan.title };
}
