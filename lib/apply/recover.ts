import { kindOf } from '../plan/change-kinds.ts';
import { Application, type ApplyOptions } from './application.ts';
import type { ApplyReport } from './apply-report.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { isOfOtherBoot, Journal } from './journal/journal.ts';
import type { LeftJournal } from './journal/journal-parser.ts';

/** How to end a change that was interrupted or not confirmed. */
export type Recovery = 'finish' | 'undo';

/**
 * Ends a change that was interrupted, or that awaits confirmation: undoes its steps, or makes the rest and, if that
 * fails, undoes all steps. Works after any interruption, also repeatedly.
 *
 * Guards and safety rules are checked as at the start, with the rules that were accepted then and with the current
 * uses of the host.
 *
 * The caller holds the lock of the host.
 */
export async function recover(
  left: LeftJournal,
  host: ChangeableHost,
  bootId: string | null,
  recovery: Recovery,
  options: Omit<ApplyOptions, 'allowed' | 'confirmBy'> = {},
): Promise<ApplyReport> {
  const isOtherBoot = isOfOtherBoot(left, bootId);
  const application = new Application(left.plan, host, Journal.reopen(host.files, left), {
    ...options,
    allowed: left.allowed,
  });
  const begun = left.plan.steps.flatMap(({ change }, index) => {
    const mark = left.marks.get(index);
    const isOpen = mark === 'begun' || mark === 'done';
    return isOpen && !(isOtherBoot && kindOf(change).endsWithBoot(change)) ? [index] : [];
  });
  application.resume(begun, left.confirmByMs !== null);
  try {
    if (recovery === 'undo' || !(await application.forward())) await application.back();
    return await application.end();
  } finally {
    await application.close();
  }
}
