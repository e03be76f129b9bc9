import type { HostValidateRow } from '../../facts/host-validate-row.ts';
import { chooseFixes } from './fixes.ts';
import { type HostTier, tierOf } from './host-tier.ts';
import { type Asked, type CheckResult, type Outcome, validateHost } from './validate.ts';
import type { ValidatedHost } from './validated-host.ts';

/** The result of a check, with that of virt-host-validate. */
export interface ReconciledResult extends CheckResult {
  /** `null` if virt-host-validate has no such check. */
  readonly other: HostValidateRow | null;
  /** Whether one of them passes, and the other does not. */
  readonly isContradicted: boolean;
}

/** The result of a validation. */
export interface ValidationReport extends HostTier {
  readonly asked: Asked;
  readonly results: readonly ReconciledResult[];
  /** The results of virt-host-validate without a rule here; `null` if it was not asked. */
  readonly others: readonly HostValidateRow[] | null;
  /** The number of failed checks with an automatic fix. */
  readonly mendable: number;
}

/**
 * Validates a host.
 *
 * @param rows the results of virt-host-validate; `null` if it was not asked
 */
export function reportOn(
  host: ValidatedHost,
  asked: Asked,
  rows: readonly HostValidateRow[] | null,
): ValidationReport {
  const results = validateHost(host, asked).map((result) => reconcile(result, rows ?? []));
  const told = new Set(results.map(({ other }) => other));
  // Checks that were not requested are omitted here too.
  const isAll = asked.purposes.length === 0 && asked.devices.length === 0 && asked.machine === null;
  return {
    ...tierOf(host),
    asked,
    results,
    mendable: chooseFixes(results, false, host.facts).chosen.length,
    others: rows === null ? null : isAll ? rows.filter((row) => !told.has(row)) : [],
  };
}

function reconcile(result: CheckResult, rows: readonly HostValidateRow[]): ReconciledResult {
  const name = 'virtHostValidate' in result.rule ? result.rule.virtHostValidate : undefined;
  const other = rows.find(({ text }) => text === name) ?? null;
  const isJudged = result.outcome !== 'unknown' && result.outcome !== 'apart';
  const isContradicted =
    other !== null && isJudged && (result.outcome === 'pass') !== (other.word === 'PASS');
  return { ...result, other, isContradicted };
}

/** The number of checks for each outcome. */
export function countOutcomes(results: readonly CheckResult[]): Readonly<Record<Outcome, number>> {
  const counts = { pass: 0, note: 0, warn: 0, fail: 0, unknown: 0, apart: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}

/** Whether a host passes: no check fails; with strict, none warns, and all could run. */
export function isPassed({ results }: ValidationReport, isStrict: boolean): boolean {
  const { fail, warn, unknown } = countOutcomes(results);
  return fail === 0 && (!isStrict || (warn === 0 && unknown === 0));
}
