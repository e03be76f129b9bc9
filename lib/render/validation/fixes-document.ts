import { awaitedBy } from '../../checks/validation/fix.ts';
import { type ChosenFixes, isSameFix } from '../../checks/validation/fixes.ts';
import type { CheckResult } from '../../checks/validation/validate.ts';
import type { PlanPart } from '../../documents/changes/plan.ts';
import type { FixStep } from '../../plan/fixes/plan-fixes.ts';
import { isRestartNeeded } from './fixes-text.ts';

/** The fixes of a plan, and the remaining failures, for its document. */
export function fixDetails(
  fixes: ChosenFixes,
  steps: readonly FixStep[],
): PlanPart<'mended' | 'byHand' | 'restart'> {
  return {
    mended: fixes.chosen.map(({ result, fix }) => ({
      ...checkFacts(result),
      fix,
      restart: awaitedBy(fix) === 'restart',
      steps: steps.flatMap(({ fixes }, index) => (fixes.some((each) => isSameFix(each, fix)) ? [index] : [])),
    })),
    byHand: fixes.manual.map(({ result, obstacle }) => ({
      ...checkFacts(result),
      remedy: result.verdict.kind === 'violated' ? result.verdict.remedy : null,
      obstacle,
    })),
    restart: isRestartNeeded(fixes),
  };
}

function checkFacts({
  rule,
  scope,
  subject,
  outcome,
  verdict: { message },
}: CheckResult): Pick<
  PlanPart<'mended'>['mended'][number],
  'rule' | 'scope' | 'subject' | 'outcome' | 'message'
> {
  return { rule: rule.id, scope, subject, outcome, message };
}
