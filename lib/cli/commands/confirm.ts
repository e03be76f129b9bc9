import { Journal, readJournals } from '../../apply/journal.ts';
import { journalStatusOf } from '../../apply/journal-status.ts';
import { stopWatchdog } from '../../apply/watchdog.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { demandRoot, openForChange } from '../../operations/change/apply-proposal.ts';
import { bootTimeOf, unfinishedError } from '../../operations/change/confirmation.ts';
import { confirmDocument } from '../../render/change/recover-documents.ts';
import { formatDocument } from '../../render/documents.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** `pci confirm`: keeps what was changed with `--confirm-within`. */
export async function runConfirm(
  args: Pick<ReadingValues, 'json'>,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  demandRoot(ports);
  const host = await openForChange(ports);
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
