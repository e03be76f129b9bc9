import type { Plan } from '../plan/plan.ts';
import { Application, type ApplyOptions } from './application.ts';
import type { ApplyReport } from './apply-report.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { Journal, type Occasion } from './journal/journal.ts';

/**
 * Applies a plan. Before each step, its guards and the safety rules are checked; then the step is recorded, made, and
 * verified. If one fails, the earlier steps are undone in reverse. In every case, even if the program is killed, the
 * journal shows which steps were started.
 *
 * The caller holds the lock of the host.
 *
 * @throws PortalGunError JOURNAL_FAILED; nothing was changed then
 */
export async function applyPlan(
  plan: Plan,
  host: ChangeableHost,
  occasion: Occasion,
  options: ApplyOptions = {},
): Promise<ApplyReport> {
  const journal = await Journal.begin(host.files, plan, occasion, options.allowed);
  const application = new Application(plan, host, journal, options);
  try {
    if (!(await application.forward())) await application.back();
    return await application.end();
  } finally {
    await application.close();
  }
}
