import { type Fix, type FixFacts, obstacleTo } from './fix.ts';
import type { CheckResult } from './validate.ts';

/** A check that does not hold, with what makes it hold. */
export interface ChosenFix {
  readonly result: CheckResult;
  readonly fix: Fix;
}

/** A check that does not hold, and that a person has to see to. */
export interface ManualFix {
  readonly result: CheckResult;
  /** Why not, where there is a fix, which can not be made on this host; `null` where there is none. */
  readonly obstacle: string | null;
}

/** The checks that fail: those with a fix that is made, and those left to a person. */
export interface ChosenFixes {
  readonly chosen: readonly ChosenFix[];
  readonly manual: readonly ManualFix[];
  /** How many checks that only warn have a fix, if fixes of warnings are not asked for. */
  readonly unasked: number;
}

/**
 * What is to be done about the checks of a report. A fix changes a machine, and so those that warn are let be, unless it is
 * strict; then what could not be told is left too, since it does not pass.
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

/** The chosen fixes, each once. */
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
