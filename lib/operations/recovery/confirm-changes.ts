import { Journal, readJournals } from '../../apply/journal/journal.ts';
import type { LeftJournal } from '../../apply/journal/journal-parser.ts';
import { journalStatusOf } from '../../apply/journal/journal-status.ts';
import { stopWatchdog } from '../../apply/watchdog.ts';
import { PortalGunError } from '../../base/errors.ts';
import { openForChange } from '../change/apply-proposal.ts';
import { bootTimeOf, unfinishedError } from '../change/confirmation.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';
import { refuseCapturedHost } from './captured-host.ts';

/**
 * Keeps the changes that await confirmation.
 *
 * @returns the confirmed changes, the oldest first
 * @throws PortalGunError NOTHING_TO_CONFIRM; RECOVERY_NEEDED if a change was interrupted, or was not confirmed in
 * time; BAD_ARGUMENT for a
 *   captured host; PERMISSION_DENIED for users other than root; HOST_LOCKED, TOOL_MISSING, JOURNAL_FAILED
 */
export async function confirmChanges(session: HostSession): Promise<readonly LeftJournal[]> {
  const { ports } = session;
  refuseCapturedHost(session);
  demandRoot(ports);
  const host = await openForChange(session);
  try {
    const release = await ports.lock();
    try {
      const journals = await readJournals(host.files);
      const now = bootTimeOf(host.reader);
      for (const left of journals) {
        if (journalStatusOf(left, now).kind !== 'awaiting') throw unfinishedError(left, now);
      }
      if (journals.length === 0)
        throw new PortalGunError('NOTHING_TO_CONFIRM', 'no change awaits confirmation');
      for (const left of journals) {
        const storing = await Journal.reopen(host.files, left).end();
        if (storing !== 'written') {
          throw new PortalGunError('JOURNAL_FAILED', `cannot be removed: ${storing.failed}`, {
            subject: left.id,
          });
        }
        await stopWatchdog(host, left.id);
      }
      return journals;
    } finally {
      release();
    }
  } finally {
    host.writer.close();
  }
}
