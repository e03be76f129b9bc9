import { count, escapeControls } from '../base/text.ts';
import { awaitedBy } from '../checks/fix.ts';
import { isSameFix, type Left, type Mended, type Mending } from '../checks/mending.ts';
import type { CheckResult } from '../checks/validate.ts';
import { isPciAddress, shortAddress } from '../pci/address.ts';
import type { FixStep } from '../plan/plan-fixes.ts';
import { wrapText } from './wrap-text.ts';

const GAP = '  ';
const INDENT = 6;
/** Lines of less than a few words each are hard to read. */
const LEAST_ROOM = 24;

/** What does not hold and is mended, by which step; what is left to a person; and what to do then. */
export function renderMending(mending: Mending, steps: readonly FixStep[], width: number | null): string {
  const { mended, left } = mending;
  const idWidth = Math.max(0, ...[...mended, ...left].map(({ result }) => result.rule.id.length));
  const rows = mended.map((each) => rowText(each.result, byText(each, steps), idWidth, width));
  return [
    rows.join(''),
    renderLeft(left, idWidth, width),
    paragraph(sparedText(mending), width),
    paragraph(steps.length === 0 ? afterwardsText(mending) : afterText(mending), width),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** What is said once all steps are made. */
export function renderAfterMending(mending: Mending, width: number | null): string {
  return paragraph(afterwardsText(mending), width);
}

/** Steps as a person counts them: `by steps 1 and 3 to 5`. */
function byText({ fix }: Mended, steps: readonly FixStep[]): string {
  const numbers = steps.flatMap(({ fixes }, index) =>
    fixes.some((each) => isSameFix(each, fix)) ? [index + 1] : [],
  );
  const awaited = awaitedBy(fix);
  if (numbers.length === 0) {
    return awaited === null ? 'done already' : `set already; it comes into force with the next ${awaited}`;
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

function renderLeft(left: readonly Left[], idWidth: number, width: number | null): string {
  if (left.length === 0) return '';
  const rows = left.map(({ result, obstacle }) => {
    const { verdict } = result;
    const why = obstacle === null ? '' : ` (${obstacle})`;
    const todo = verdict.kind === 'violated' ? `Fix${why}: ${verdict.remedy}` : 'it could not be told';
    return rowText(result, todo, idWidth, width);
  });
  return `Left to you:\n${rows.join('')}`;
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

function sparedText({ spared }: Mending): string {
  return spared === 0
    ? ''
    : `${count(spared, 'check')} more only ${spared === 1 ? 'warns' : 'warn'}: --strict mends ${spared === 1 ? 'it' : 'them'} too.`;
}

function afterText(mending: Mending): string {
  return isRestartNeeded(mending)
    ? 'A restart is needed then; pci validate says what came of it.'
    : 'pci validate says then what came of it.';
}

function afterwardsText(mending: Mending): string {
  const waiting = mending.mended.filter(({ fix }) => awaitedBy(fix) === 'restart');
  if (waiting.length === 0) return mending.mended.length === 0 ? '' : 'pci validate says what came of it.';
  const ids = [...new Set(waiting.map(({ result }) => result.rule.id))].join(', ');
  return `Restart the host for ${ids} to hold; then run pci validate.`;
}

/** Whether something that is mended holds after a restart alone. */
export function isRestartNeeded({ mended }: Mending): boolean {
  return mended.some(({ fix }) => awaitedBy(fix) === 'restart');
}

function paragraph(text: string, width: number | null): string {
  if (text === '') return '';
  return wrapText(text, width)
    .map((line) => `${line}\n`)
    .join('');
}
