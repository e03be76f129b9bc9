import { type Fix, type FixFacts, obstacleTo } from './fix.ts';
import type { CheckResult } from './validate.ts';

/** A failed check, with its fix. */
export interface ChosenFix {
  readonly result: CheckResult;
  readonly fix: Fix;
}

/** A failed check without an automatic fix. */
export interface ManualFix {
  readonly result: CheckResult;
  /** Why the fix cannot be applied on this host; `null` if there is no fix. */
  readonly obstacle: string | null;
}

/** The failed checks: those with a fix that is applied, and those without one. */
export interface ChosenFixes {
  readonly chosen: readonly ChosenFix[];
  readonly manual: readonly ManualFix[];
  /** The number of checks with warnings that have a fix, if fixes of warnings are not requested. */
  readonly unasked: number;
}

/**
 * The actions for the checks of a report. A fix changes a machine, so checks that only warn are not fixed unless it
 * is strict. With strict, unknown checks are listed too, because they do not pass.
 */
export function chooseFixes(
  results: readonly CheckResult[],
  isStrict: boolean,
  facts: FixFacts,
): ChosenFixes {
  const counts = (outcome: CheckResult['outcome']): boolean =>
    outcome === 'fail' || (isStrict && (outcome === 'warn' || outcome === 'unknown'));
  const judged = results.map((result) => ({ result, counts: counts(result.outcome), ...way(result, facts) }));
  const fixable = judged.flatMap(({ result, fix, obstacle, counts: isMeant }) =>
    fix === null || obstacle !== null ? [] : [{ result, fix, isMeant }],
  );
  return {
    chosen: fixable.filter(({ isMeant }) => isMeant).map(({ result, fix }) => ({ result, fix })),
    manual: judged
      .filter(({ fix, obstacle, counts: isMeant }) => isMeant && (fix === null || obstacle !== null))
      .map(({ result, obstacle }) => ({ result, obstacle })),
    unasked: fixable.filter(({ result, isMeant }) => !isMeant && result.outcome === 'warn').length,
  };
}

function way(
  { verdict }: CheckResult,
  facts: FixFacts,
): { readonly fix: Fix | null; readonly obstacle: string | null } {
  const fix = verdict.kind === 'violated' ? verdict.fix : null;
  return { fix, obstacle: fix === null ? null : obstacleTo(fix, facts) };
}

/** The selected fixes, without duplicates. */
export function fixesOf({ chosen }: ChosenFixes): readonly Fix[] {
  const byText = new Map(chosen.map(({ fix }) => [textOf(fix), fix] as const));
  return [...byText.values()];
}

/** Whether two fixes are the same. */
export function isSameFix(a: Fix, b: Fix): boolean {
  return textOf(a) === textOf(b);
}

function textOf(fix: Fix): string {
  return JSON.stringify(fix);
}
