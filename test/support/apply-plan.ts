import type { ApplyOptions } from '../../lib/apply/application.ts';
import { applyPlan as applyAsAsked } from '../../lib/apply/apply-plan.ts';
import type { ApplyReport } from '../../lib/apply/apply-report.ts';
import type { ChangeableHost } from '../../lib/apply/changeable-host.ts';
import type { Occasion } from '../../lib/apply/journal/journal.ts';
import { SAFETY_RULES } from '../../lib/checks/safety/safety-rules.ts';
import type { Plan } from '../../lib/plan/plan.ts';

/** Every name, because a simulated host has no processes, so many of its uses are unknown. */
const EVERY_RULE: ReadonlySet<string> = new Set(SAFETY_RULES.map(({ name }) => name));

/** Applies a plan with every finding accepted that can be, for tests of applying and undoing. */
export function applyPlan(
  plan: Plan,
  host: ChangeableHost,
  occasion: Occasion,
  options: ApplyOptions = {},
): Promise<ApplyReport> {
  return applyAsAsked(plan, host, occasion, { allowed: EVERY_RULE, ...options });
}
