import { isUnknown, type Unknown } from '../../base/known.ts';
import { count, escapeControls } from '../../base/text.ts';
import type { HostTier } from '../../checks/validation/host-tier.ts';
import type { Outcome } from '../../checks/validation/validate.ts';
import {
  countOutcomes,
  type ReconciledResult,
  type ValidationReport,
} from '../../checks/validation/validation-report.ts';
import type { HostValidateRow } from '../../facts/host-validate-row.ts';
import { isPciAddress, shortAddress } from '../../pci/address.ts';
import type { Role, Style } from '../layout/style.ts';
import textWidth from '../layout/text-width.ts';
import { hangText, wrapText } from '../layout/wrap-text.ts';

const WORDS: Readonly<Record<Outcome, string>> = {
  fail: 'FAIL',
  warn: 'WARN',
  unknown: '?',
  note: 'NOTE',
  pass: 'PASS',
  apart: '-',
};
const ROLES: Readonly<Record<Outcome, Role>> = {
  fail: 'bad',
  warn: 'warning',
  unknown: 'warning',
  note: 'faint',
  pass: 'good',
  apart: 'faint',
};
/** The order of the results: the most important first. */
const ORDER = Object.keys(WORDS) as readonly Outcome[];
/** The outcomes in the first line, in order. */
const COUNTED: readonly Outcome[] = ['pass', 'note', 'warn', 'fail', 'unknown'];
const WORD_WIDTH = 4;
const INDENT = 6;
const GAP = 4;

/** The text for an unknown result, for one check and for several. */
const WHY: Readonly<Record<Unknown['unknown'], readonly [one: string, several: string]>> = {
  denied: ['needs root', 'need root'],
  broken: [
    'could not run: the data is unreadable or invalid',
    'could not run: the data is unreadable or invalid',
  ],
  unread: [
    'could not run: the snapshot does not contain the data',
    'could not run: the snapshot does not contain the data',
  ],
};

interface Look {
  readonly width: number | null;
  readonly style: Style;
}

/**
 * A report for a user: the counts and the level of the host, the problems with their remedies, and the hidden
 * results. With `all`, every check.
 */
export function renderValidation(
  report: ValidationReport,
  all: boolean,
  width: number | null,
  style: Style,
): string {
  const look = { width, style };
  const { results, others } = report;
  const shown = results.filter((result) => all || isShown(result)).sort(byGravity);
  const hidden = results.filter(({ outcome }) => !all && outcome === 'unknown');
  const idWidth = Math.max(0, ...shown.map(({ rule }) => rule.id.length));
  const rows = [
    ...shown.map((result) => resultLines(result, idWidth, look)),
    ...(others ?? []).filter(({ word }) => all || word !== 'PASS').map((row) => otherLines(row, look)),
    ...unknownLines(hidden, look),
  ];
  const parts = [heading(report, look), rows.join(''), footer(report, all, shown, look)];
  return parts.filter((part) => part !== '').join('\n');
}

function isShown({ outcome, isContradicted }: ReconciledResult): boolean {
  return outcome === 'fail' || outcome === 'warn' || isContradicted;
}

function byGravity(a: ReconciledResult, b: ReconciledResult): number {
  return ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome);
}

function heading(report: ValidationReport, { width, style }: Look): string {
  const counts = countOutcomes(report.results);
  const words = COUNTED.filter((outcome) => counts[outcome] > 0 || outcome === 'pass');
  const plain = words.map((outcome) => `${WORDS[outcome]} ${counts[outcome]}`).join('   ');
  const painted = words
    .map((outcome) => `${style(ROLES[outcome], WORDS[outcome])} ${counts[outcome]}`)
    .join('   ');
  const tier = tierText(report);
  const fits = width === null || textWidth(plain) + GAP + textWidth(tier) <= width;
  if (fits) return `${painted}${' '.repeat(GAP)}${tier}\n`;
  const counted = textWidth(plain) <= width ? painted : wrapText(plain, width).join('\n');
  return `${counted}\n${wrapText(tier, width).join('\n')}\n`;
}

function tierText({ tier, givesDevices }: HostTier): string {
  const goes = 'this host supports:';
  if (isUnknown(tier)) {
    return givesDevices === false
      ? `${goes} no passthrough (other checks could not run)`
      : `${goes} unknown (checks could not run)`;
  }
  if (tier === 'passthrough') return `${goes} passthrough`;
  if (tier === 'kvm') return `${goes} kvm, not passthrough`;
  return givesDevices === true ? `${goes} emulation, with passthrough` : `${goes} only emulation`;
}

function resultLines(result: ReconciledResult, idWidth: number, { width, style }: Look): string {
  const { outcome, rule, verdict, other, isContradicted } = result;
  const word = WORDS[outcome].padEnd(WORD_WIDTH);
  const label = `${style(ROLES[outcome], word)}  ${style('strong', rule.id.padEnd(idWidth))}  `;
  const startWidth = WORD_WIDTH + 2 + idWidth + 2;
  const hanging = { startWidth, indent: INDENT, width };
  const below = (text: string, role: Role | null): string =>
    hangText({
      ...hanging,
      start: ' '.repeat(startWidth),
      text: escapeControls(text),
      ...(role === null ? {} : { paint: (line: string) => style(role, line) }),
      // It has no label: if it does not fit after one, its first line is empty.
    }).replace(/^\n/, '');
  const evidence = verdict.kind === 'violated' && outcome !== 'note' ? verdict.evidence.join('; ') : '';
  return [
    hangText({ ...hanging, start: label, text: escapeControls(messageOf(result)) }),
    ...(evidence === '' ? [] : [below(evidence, null)]),
    ...(isContradicted && other !== null ? [below(contradiction(result, other), 'warning')] : []),
    ...(verdict.kind === 'violated' ? [below(`Fix: ${verdict.remedy}`, 'faint')] : []),
    '',
  ].join('\n');
}

function messageOf({ subject, verdict }: ReconciledResult): string {
  if (subject === null) return verdict.message;
  return `${isPciAddress(subject) ? shortAddress(subject) : subject} ${verdict.message}`;
}

function contradiction({ rule }: ReconciledResult, { word, message }: HostValidateRow): string {
  const why = 'whyOther' in rule && rule.whyOther !== undefined ? `; ${rule.whyOther}` : '';
  return `virt-host-validate reports ${word}${message === null ? '' : ` (${message})`}${why}`;
}

/** The results of virt-host-validate without a rule here. */
function otherLines({ text, word, message }: HostValidateRow, { width, style }: Look): string {
  const start = `${style('faint', word.padEnd(WORD_WIDTH))}  `;
  const said = `virt-host-validate: ${text}${message === null ? '' : ` (${message})`}`;
  return `${hangText({ start, startWidth: WORD_WIDTH + 2, text: escapeControls(said), indent: INDENT, width })}\n`;
}

/** The checks that could not run, grouped by reason: in an old snapshot that is nearly all of them. */
function unknownLines(hidden: readonly ReconciledResult[], { width, style }: Look): readonly string[] {
  return (Object.keys(WHY) as readonly Unknown['unknown'][]).flatMap((why) => {
    const some = hidden.filter(({ verdict }) => verdict.kind === 'unknown' && verdict.why === why);
    if (some.length === 0) return [];
    const ids = [...new Set(some.map(({ rule }) => rule.id))];
    const text = `${count(some.length, 'check')} ${WHY[why][some.length === 1 ? 0 : 1]}: ${ids.join(', ')}`;
    const start = `${style(ROLES.unknown, WORDS.unknown.padEnd(WORD_WIDTH))}  `;
    return [`${hangText({ start, startWidth: WORD_WIDTH + 2, text, indent: INDENT, width })}\n`];
  });
}

function footer(
  { results, mendable }: ValidationReport,
  all: boolean,
  shown: readonly ReconciledResult[],
  { width }: Look,
): string {
  const lines = (text: string): string =>
    wrapText(text, width)
      .map((line) => `${line}\n`)
      .join('');
  const offer =
    mendable === 0
      ? ''
      : lines(`${mendable} of the failed checks can be fixed automatically: pci validate --fix`);
  if (all) return offer;
  const isHidden = (outcome: Outcome): number =>
    results.filter((result) => result.outcome === outcome && !shown.includes(result)).length;
  const notes = isHidden('note');
  const parts = [`${isHidden('pass')} passed`, ...(notes === 0 ? [] : [count(notes, 'note')])];
  return offer + lines(`${parts.join(', ')}: pci validate --all`);
}
