import { count, escapeControls } from '../../base/text.ts';
import { awaitedBy } from '../../checks/validation/fix.ts';
import {
  type ChosenFix,
  type ChosenFixes,
  isSameFix,
  type ManualFix,
} from '../../checks/validation/fixes.ts';
import type { CheckResult } from '../../checks/validation/validate.ts';
import { isPciAddress, shortAddress } from '../../pci/address.ts';
import type { FixStep } from '../../plan/fixes/plan-fixes.ts';
import { wrapText } from '../layout/wrap-text.ts';

const GAP = '  ';
const INDENT = 6;
/** Lines with only a few words each are hard to read. */
const LEAST_ROOM = 24;

/** The failed checks that are fixed, with their steps; those to fix by hand; and the next command. */
export function renderFixes(fixes: ChosenFixes, steps: readonly FixStep[], width: number | null): string {
  const { chosen, manual } = fixes;
  const idWidth = Math.max(0, ...[...chosen, ...manual].map(({ result }) => result.rule.id.length));
  const rows = chosen.map((each) => rowText(each.result, byText(each, steps), idWidth, width));
  return [
    rows.join(''),
    renderManual(manual, idWidth, width),
    paragraph(unaskedText(fixes), width),
    paragraph(steps.length === 0 ? afterwardsText(fixes) : afterText(fixes), width),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The text after all steps are made. */
export function renderAfterFixes(fixes: ChosenFixes, width: number | null): string {
  return paragraph(afterwardsText(fixes), width);
}

/** The numbers of steps: `by steps 1 and 3 to 5`. */
function byText({ fix }: ChosenFix, steps: readonly FixStep[]): string {
  const numbers = steps.flatMap(({ fixes }, index) =>
    fixes.some((each) => isSameFix(each, fix)) ? [index + 1] : [],
  );
  const awaited = awaitedBy(fix);
  if (numbers.length === 0) {
    return awaited === null ? 'already done' : `already set; takes effect at the next ${awaited}`;
  }
  const when = awaited === null ? '' : `, from the next ${awaited} on`;
  return `by ${numbers.length === 1 ? 'step' : 'steps'} ${rangesOf(numbers).join(' and ')}${when}`;
}

function rangesOf(numbers: readonly number[]): readonly string[] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.flatMap(([from, to]) =>
    to - from > 1 ? [`${from} to ${to}`] : from === to ? [`${from}`] : [`${from}`, `${to}`],
  );
}

function renderManual(manual: readonly ManualFix[], idWidth: number, width: number | null): string {
  if (manual.length === 0) return '';
  const rows = manual.map(({ result, obstacle }) => {
    const { verdict } = result;
    const why = obstacle === null ? '' : ` (${obstacle})`;
    const todo = verdict.kind === 'violated' ? `Fix${why}: ${verdict.remedy}` : 'the check could not run';
    return rowText(result, todo, idWidth, width);
  });
  return `Fix by hand:\n${rows.join('')}`;
}

function rowText(result: CheckResult, below: string, idWidth: number, width: number | null): string {
  const id = result.rule.id;
  const room = width === null ? Number.POSITIVE_INFINITY : width - GAP.length * 2 - idWidth;
  const isNarrow = room < LEAST_ROOM;
  const indent = isNarrow ? INDENT : GAP.length * 2 + idWidth;
  const lines = [messageOf(result), below].flatMap((text) =>
    wrapText(escapeControls(text), width === null ? null : width - indent),
  );
  const indented = lines.map((line) => ' '.repeat(indent) + line);
  const start = `${GAP}${id.padEnd(idWidth)}${GAP}`;
  const rows = isNarrow ? [`${GAP}${id}`, ...indented] : [start + lines[0], ...indented.slice(1)];
  return rows.map((row) => `${row}\n`).join('');
}

function messageOf({ subject, verdict: { message } }: CheckResult): string {
  if (subject === null) return message;
  return `${isPciAddress(subject) ? shortAddress(subject) : subject} ${message}`;
}

function unaskedText({ unasked }: ChosenFixes): string {
  return unasked === 0
    ? ''
    : `${count(unasked, 'check')} more only ${unasked === 1 ? 'warns' : 'warn'}: --strict fixes ${unasked === 1 ? 'it' : 'them'} too.`;
}

function afterText(fixes: ChosenFixes): string {
  return isRestartNeeded(fixes)
    ? 'Then restart the host, and run pci validate to check the result.'
    : 'Then run pci validate to check the result.';
}

function afterwardsText(fixes: ChosenFixes): string {
  const waiting = fixes.chosen.filter(({ fix }) => awaitedBy(fix) === 'restart');
  if (waiting.length === 0) return fixes.chosen.length === 0 ? '' : 'Run pci validate to check the result.';
  const ids = [...new Set(waiting.map(({ result }) => result.rule.id))].join(', ');
  return `Restart the host to apply ${ids}; then run pci validate.`;
}

/** Whether a chosen fix takes effect only after a restart. */
export function isRestartNeeded({ chosen }: ChosenFixes): boolean {
  return chosen.some(({ fix }) => awaitedBy(fix) === 'restart');
}

function paragraph(text: string, width: number | null): string {
  if (text === '') return '';
  return wrapText(text, width)
    .map((line) => `${line}\n`)
    .join('');
}
