import { awaitedBy } from '../checks/fix.ts';
import { isSameFix, type Mending } from '../checks/mending.ts';
import type { CheckResult } from '../checks/validate.ts';
import type { FixStep } from '../plan/plan-fixes.ts';
import { isRestartNeeded } from './mending-text.ts';

/** What a plan mends and what it leaves, for its document. */
export function mendingDetails(mending: Mending, steps: readonly FixStep[]): object {
  return {
    mended: mending.mended.map(({ result, fix }) => ({
      ...checkFacts(result),
      fix,
      restart: awaitedBy(fix) === 'restart',
      steps: steps.flatMap(({ fixes }, index) => (fixes.some((each) => isSameFix(each, fix)) ? [index] : [])),
    })),
    byHand: mending.left.map(({ result, obstacle }) => ({
      ...checkFacts(result),
      remedy: result.verdict.kind === 'violated' ? result.verdict.remedy : null,
      obstacle,
    })),
    restart: isRestartNeeded(mending),
  };
}

function checkFacts({ rule, scope, subject, outcome, verdict: { message } }: CheckResult): object {
  return { rule: rule.id, scope, subject, outcome, message };
}
