import { create } from 'xmlbuilder2';
import { escapeControls } from '../../base/text.ts';
import type { Outcome } from '../../checks/validation/validate.ts';
import type { ReconciledResult, ValidationReport } from '../../checks/validation/validation-report.ts';

/** The state of a check as a test: failed, skipped, or passed with a message. */
type Standing = 'failure' | 'skipped' | 'passed';

const STANDINGS: Readonly<Record<Outcome, Standing>> = {
  fail: 'failure',
  warn: 'passed',
  note: 'passed',
  pass: 'passed',
  unknown: 'skipped',
  apart: 'skipped',
};

/**
 * A report in the JUnit format of CI servers: one suite for each subject, with a test case for each rule. Checks that
 * could not run, or that do not apply, are skipped; if it is strict, warnings and unknown results are failures.
 */
export function formatJUnit(
  host: { readonly label: string },
  report: ValidationReport,
  isStrict: boolean,
): string {
  const { results } = report;
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: `pci validate ${plain(host.label)}`,
    ...totals(results, isStrict),
  });
  for (const name of new Set(results.map(suiteOf))) {
    const own = results.filter((result) => suiteOf(result) === name);
    const suite = root.ele('testsuite', { name: plain(name), ...totals(own, isStrict) });
    for (const result of own) {
      const { rule, outcome, verdict } = result;
      const standing = standingOf(result, isStrict);
      const testCase = suite.ele('testcase', { classname: plain(name), name: rule.id, time: '0' });
      if (standing === 'skipped') testCase.ele('skipped', { message: plain(verdict.message) });
      else if (standing === 'failure') {
        testCase.ele('failure', { type: outcome, message: plain(verdict.message) }).txt(detailsOf(result));
      } else testCase.ele('system-out').txt(detailsOf(result));
    }
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function standingOf({ outcome }: ReconciledResult, isStrict: boolean): Standing {
  return isStrict && (outcome === 'warn' || outcome === 'unknown') ? 'failure' : STANDINGS[outcome];
}

function totals(results: readonly ReconciledResult[], isStrict: boolean): Readonly<Record<string, number>> {
  const amount = (standing: Standing): number =>
    results.filter((result) => standingOf(result, isStrict) === standing).length;
  return { tests: results.length, failures: amount('failure'), errors: 0, skipped: amount('skipped') };
}

function suiteOf({ scope, subject }: ReconciledResult): string {
  return subject === null ? scope : `${scope} ${subject}`;
}

function detailsOf({ rule, verdict, other }: ReconciledResult): string {
  return [
    `${rule.title}: ${verdict.message}`,
    ...('evidence' in verdict ? verdict.evidence : []),
    ...(verdict.kind === 'violated' ? [`Fix: ${verdict.remedy}`] : []),
    ...(other === null
      ? []
      : [`virt-host-validate: ${other.word}${other.message === null ? '' : ` (${other.message})`}`]),
  ]
    .map(plain)
    .join('\n');
}

/** Without characters that XML cannot contain, and that a terminal interprets. */
function plain(text: string): string {
  return escapeControls(text).replace(/[\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD');
}
