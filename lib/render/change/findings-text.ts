import { count, escapeControls } from '../../base/text.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { shortAddress } from '../../pci/address.ts';
import type { Role, Style } from '../layout/style.ts';
import { hangText } from '../layout/wrap-text.ts';

const INDENT = 2;

/** The findings for a change: those that stop it with their remedy, then accepted ones, then warnings. */
export function renderFindings(
  findings: readonly Finding[],
  allowed: ReadonlySet<string>,
  width: number | null,
  style: Style,
): string {
  const refusals = refusalsAmong(findings, allowed);
  const known = refusals.filter(({ severity }) => severity !== 'unknown');
  const unknown = refusals.filter(({ severity }) => severity === 'unknown');
  const accepted = findings.filter(
    (each) => each.ruleSeverity !== 'warns' && !refusals.includes(each) && each.severity !== 'warns',
  );
  const warnings = findings.filter((each) => !refusals.includes(each) && !accepted.includes(each));
  const section = (heading: string, role: Role, some: readonly Finding[]): string =>
    some.length === 0
      ? ''
      : `\n${style(role, heading)}\n${some.map((each) => findingLines(each, some, width, style)).join('')}`;
  return [
    section(`Refused for ${count(known.length, 'reason')}:`, 'bad', known),
    section('Could not be checked (blocks the change):', 'warning', unknown),
    section('Accepted:', 'warning', accepted),
    section('Warnings:', 'warning', warnings),
  ].join('');
}

function findingLines(
  { name, severity, subject, message, remedy }: Finding,
  all: readonly Finding[],
  width: number | null,
  style: Style,
): string {
  const nameWidth = Math.max(...all.map((each) => each.name.length));
  const label = `${' '.repeat(INDENT)}${name.padEnd(nameWidth)}  `;
  const hanging = { startWidth: label.length, indent: 2 * INDENT, width };
  const accept =
    severity === 'refuses' && !remedy.includes('--allow') ? `; or accept it: --allow ${name}` : '';
  const what = escapeControls(`${shortAddress(subject)} ${message}`);
  return [
    hangText({ ...hanging, start: style('strong', label), text: what }),
    hangText({
      ...hanging,
      start: ' '.repeat(label.length),
      text: escapeControls(remedy + accept),
      paint: (line) => style('faint', line),
    }),
    '',
  ].join('\n');
}
