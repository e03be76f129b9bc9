import { escapeControls } from '../../base/text.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Proposal } from '../../plan/proposal.ts';
import type { Style } from '../layout/style.ts';
import { hangText, wrapText } from '../layout/wrap-text.ts';
import { renderFindings } from './findings-text.ts';

/**
 * A plan for a user to judge: the affected devices, each step, and the findings.
 *
 * @param overview the affected devices, as text of whole lines
 */
export function renderProposal(
  { plan, findings, allowed }: Proposal,
  overview: string,
  width: number | null,
  style: Style,
): string {
  return [
    ...wrapText(escapeControls(plan.title), width).map((line) => `${style('heading', line)}\n`),
    overview === '' ? '' : `\n${overview}`,
    `\n${renderSteps(plan, width)}`,
    renderFindings(findings, allowed, width, style),
  ].join('');
}

/** The steps of a plan, numbered. */
function renderSteps({ steps }: Plan, width: number | null): string {
  const digits = String(steps.length).length;
  return steps
    .map(({ words }, index) => `${stepLine(index, digits, escapeControls(words), width)}\n`)
    .join('');
}

function stepLine(index: number, digits: number, text: string, width: number | null): string {
  const start = `  ${String(index + 1).padStart(digits)}  `;
  return hangText({ start, startWidth: start.length, text, indent: start.length, width });
}
