import { Journal, readJournals } from '../../apply/journal.ts';
import { journalStatusOf } from '../../apply/journal-status.ts';
import { stopWatchdog } from '../../apply/watchdog.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { lockHost } from '../../host/host-lock.ts';
import { confirmDocument } from '../../render/change/recover-documents.ts';
import { formatDocument } from '../../render/documents.ts';
import { changeableHost, demandRoot } from '../changing.ts';
import { bootTimeOf, unfinishedError } from '../confirmation.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';

/** `pci confirm`: keeps what was changed with `--confirm-within`. */
export async function runConfirm(args: Pick<ReadingValues, 'json'>): Promise<CommandResult> {
  demandRoot();
  const host = changeableHost();
  const release = await lockHost();
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
        throw new PortalGunError('JOURNAL_FAILED', `can't be removed: ${storing.failed}`, {
          subject: left.id,
        });
      }
      await stopWatchdog(host, left.id);
    }
    const text = journals
      .map(({ plan }) => `"${escapeControls(plan.title)}" is confirmed, and stays.\n`)
      .join('');
    const stdout = args.json ? formatDocument(confirmDocument(journals)) : text;
    return { exitCode: EXIT.ok, stdout, stderr: '' };
  } finally {
    release();
    host.writer.close();
  }
}
