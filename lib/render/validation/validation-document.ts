import type { Diagnostic } from '../../base/diagnostic.ts';
import {
  countOutcomes,
  isPassed,
  type ReconciledResult,
  type ValidationReport,
} from '../../checks/validation/validation-report.ts';
import type { PendingRecovery } from '../../documents/changes/pending-recovery.ts';
import type { ValidationDocument } from '../../documents/validation.ts';

/** A report as JSON. */
export function validationDocument(
  host: { readonly label: string },
  report: ValidationReport,
  isStrict: boolean,
  diagnostics: readonly Diagnostic[],
  recovery: PendingRecovery,
): ValidationDocument {
  const { asked, tier, givesDevices, results, others } = report;
  return {
    schema: 'portal-gun/validation/v1',
    host,
    asked: {
      purposes: asked.purposes,
      devices: asked.devices.map(({ address }) => address),
      machine: asked.machine?.name ?? null,
      strict: isStrict,
    },
    passed: isPassed(report, isStrict),
    tier,
    givesDevices,
    counts: countOutcomes(results),
    results: results.map(resultDocument),
    virtHostValidate: others,
    recovery,
    diagnostics,
  };
}

function resultDocument(result: ReconciledResult): ValidationDocument['results'][number] {
  const { rule, scope, subject, outcome, verdict, other, isContradicted } = result;
  return {
    rule: rule.id,
    title: rule.title,
    scope,
    subject,
    outcome,
    message: verdict.message,
    why: verdict.kind === 'unknown' ? verdict.why : null,
    evidence: 'evidence' in verdict ? verdict.evidence : [],
    remedy: verdict.kind === 'violated' ? verdict.remedy : null,
    fix: verdict.kind === 'violated' ? verdict.fix : null,
    virtHostValidate:
      other === null ? null : { word: other.word, message: other.message, contradicts: isContradicted },
  };
}
