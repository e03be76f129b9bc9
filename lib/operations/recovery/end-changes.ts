import type { ApplyOptions } from '../../apply/application.ts';
import type { ApplyReport } from '../../apply/apply-report.ts';
import type { ChangeableHost } from '../../apply/changeable-host.ts';
import { readJournals } from '../../apply/journal/journal.ts';
import type { LeftJournal } from '../../apply/journal/journal-parser.ts';
import { journalStatusOf } from '../../apply/journal/journal-status.ts';
import { type Recovery, recover } from '../../apply/recover.ts';
import { untilOverdue } from '../../apply/until-overdue.ts';
import { stopWatchdog } from '../../apply/watchdog.ts';
import { PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { openForChange } from '../change/apply-proposal.ts';
import { bootTimeOf } from '../change/confirmation.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';
import { refuseCapturedHost } from './captured-host.ts';

/** How to end changes that were interrupted or not confirmed. */
export interface RecoverOptions {
  /** Whether the remaining steps are made; otherwise the started steps are undone. */
  readonly finish?: boolean;
  /**
   * The journal of the one change that is undone if it is not confirmed in time, after waiting for that; for a
   * watchdog.
   */
  readonly unconfirmed?: string | undefined;
}

/** A change that was ended, and the report. */
export interface RecoveredChange {
  readonly left: LeftJournal;
  readonly report: ApplyReport;
}

/** The changes that were ended, the oldest first. */
export interface EndedChanges {
  readonly recovery: Recovery;
  readonly changes: readonly RecoveredChange[];
}

type Signal = ApplyOptions['signal'];

/** The observer of a recovery. */
export interface RecoveryWatch {
  /** Called for each started step, and for its outcome. */
  onStep?(left: LeftJournal, ...step: Parameters<NonNullable<ApplyOptions['onStep']>>): void;
  /** Called for each ended change; the signal is the one that stopped it, if there was one. */
  onEnded?(change: RecoveredChange): void;
  /** Runs a function that must not be interrupted, with an object that shows whether the program was asked to end. */
  guard<T>(run: (signal: Signal) => Promise<T>): Promise<T>;
}

/**
 * Undoes, or finishes, each change that was interrupted or awaits confirmation, while it holds the lock of the
 * machine.
 *
 * @throws PortalGunError BAD_ARGUMENT for a captured host, and for incompatible options; PERMISSION_DENIED for users
 * other than root;
 *   HOST_LOCKED, TOOL_MISSING, JOURNAL_FAILED
 */
export async function endChanges(
  session: HostSession,
  options: RecoverOptions,
  watch: RecoveryWatch,
): Promise<EndedChanges> {
  const recovery = recoveryOf(options);
  const { unconfirmed } = options;
  const { ports } = session;
  refuseCapturedHost(session);
  demandRoot(ports);
  const host = await openForChange(session);
  try {
    const release =
      unconfirmed === undefined ? await ports.lock() : await overdueLock(host, ports, unconfirmed);
    try {
      const isMeant = ({ id }: LeftJournal): boolean => unconfirmed === undefined || id === unconfirmed;
      return await watch.guard(async (signal) => {
        const journals = release === null ? [] : (await readJournals(host.files)).filter(isMeant);
        const changes: RecoveredChange[] = [];
        for (const left of journals) {
          const report = await recover(left, host, readBootId(host.reader), recovery, {
            onStep: (...step) => watch.onStep?.(left, ...step),
            ...(signal === undefined ? {} : { signal }),
          });
          changes.push({ left, report });
          if (report.outcome !== 'stuck' && unconfirmed === undefined) await stopWatchdog(host, left.id);
          watch.onEnded?.({ left, report });
        }
        return { recovery, changes };
      });
    } finally {
      release?.();
    }
  } finally {
    host.writer.close();
  }
}

/** @throws PortalGunError BAD_ARGUMENT if an unconfirmed change would be finished */
function recoveryOf({ finish = false, unconfirmed }: RecoverOptions): Recovery {
  if (!finish) return 'undo';
  if (unconfirmed === undefined) return 'finish';
  throw new PortalGunError('BAD_ARGUMENT', 'applies only without --finish', {
    subject: '--unconfirmed',
    hint: 'omit either --allow or --finish',
  });
}

/**
 * Waits for a change as its watchdog: returns a function that releases the lock of the host, `null` if nothing must
 * be undone.
 */
function overdueLock(
  { files, reader }: ChangeableHost,
  ports: HostPorts,
  id: string,
): Promise<(() => void) | null> {
  return untilOverdue({
    async look() {
      const left = (await readJournals(files)).find((each) => each.id === id);
      return left === undefined ? null : journalStatusOf(left, bootTimeOf(reader));
    },
    async lock() {
      try {
        return await ports.lock();
      } catch (error) {
        if (error instanceof PortalGunError && error.code === 'HOST_LOCKED') return null;
        throw error;
      }
    },
    pause: ports.pause,
  });
}
