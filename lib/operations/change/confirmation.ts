import type { ApplyReport } from '../../apply/apply-report.ts';
import type { ChangeableHost } from '../../apply/changeable-host.ts';
import { journalIdOf, type Occasion } from '../../apply/journal/journal.ts';
import type { LeftJournal } from '../../apply/journal/journal-parser.ts';
import { type BootTime, journalStatusOf } from '../../apply/journal/journal-status.ts';
import { startWatchdog, stopWatchdog } from '../../apply/watchdog.ts';
import { PortalGunError } from '../../base/errors.ts';
import { formatSpan } from '../../base/text.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { readUptimeMs } from '../../sysfs/uptime.ts';

/** The current boot, and the time since its start. */
export function bootTimeOf(reader: HostReader): BootTime {
  return { bootId: readBootId(reader), uptimeMs: readUptimeMs(reader) };
}

/**
 * Applies a change that must be confirmed: a watchdog is started before the first step, and stays while something can
 * be undone. The time limit begins after the last step.
 *
 * @throws PortalGunError WATCHDOG_FAILED; nothing was changed then
 */
export async function applyToBeConfirmed(
  { user, background }: Pick<HostPorts, 'user' | 'background'>,
  host: ChangeableHost,
  occasion: Occasion,
  withinMs: number,
  apply: (confirmBy: () => number) => Promise<ApplyReport>,
): Promise<ApplyReport> {
  const id = journalIdOf(occasion);
  const program = user.programWords();
  const startedMs = readUptimeMs(host.reader);
  if (program === null || startedMs === null) {
    const what =
      program === null
        ? 'the program file no longer exists, so it cannot be started again'
        : '/proc/uptime cannot be read';
    throw new PortalGunError('WATCHDOG_FAILED', what, { subject: 'pci' });
  }
  const words = [...program, 'recover', '--unconfirmed', id];
  await startWatchdog({ ...host, background }, { id, afterMs: withinMs, words });
  // If the clock cannot be read then, the time begins with the first step.
  const report = await apply(() => (readUptimeMs(host.reader) ?? startedMs) + withinMs);
  // The watchdog tries again to undo the remaining steps.
  if (report.outcome === 'undone') await stopWatchdog(host, id);
  return report;
}

/** Why the journal of an earlier change prevents other changes, with the possible actions. */
export function unfinishedError(left: LeftJournal, now: BootTime): PortalGunError {
  const status = journalStatusOf(left, now);
  const subject = left.startedAt;
  const title = `"${left.plan.title}"`;
  switch (status.kind) {
    case 'awaiting':
      return new PortalGunError(
        'RECOVERY_NEEDED',
        `${title} awaits confirmation, and is undone in ${formatSpan(status.remainingMs)}`,
        { subject, hint: 'keep it: pci confirm; or undo it now: pci recover' },
      );
    case 'overdue':
      return new PortalGunError('RECOVERY_NEEDED', `${title} was not confirmed in time`, {
        subject,
        hint: 'undo it: pci recover; or keep it: pci recover --finish',
      });
    case 'cut-short':
      return new PortalGunError('RECOVERY_NEEDED', `${title} was interrupted`, { subject });
  }
}
