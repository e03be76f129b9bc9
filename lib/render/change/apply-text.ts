import type { ApplyReport, StepOutcome } from '../../apply/apply-report.ts';
import { escapeControls } from '../../base/text.ts';
import type { Role, Style } from '../layout/style.ts';

const OUTCOMES: Record<StepOutcome, { readonly text: string; readonly role: Role }> = {
  done: { text: 'done', role: 'good' },
  already: { text: 'was already done', role: 'faint' },
  undone: { text: 'undone', role: 'warning' },
  left: { text: 'left unchanged', role: 'warning' },
  stuck: { text: 'COULD NOT BE UNDONE', role: 'bad' },
  untouched: { text: 'not begun', role: 'faint' },
};

/** A line about a step while a plan is applied: `done  load vfio-pci`. */
export function renderProgress(
  words: string,
  state: 'begun' | StepOutcome,
  problem: string | null,
  style: Style,
): string {
  if (state === 'begun') return `${style('faint', '…')} ${escapeControls(words)}\n`;
  const { text, role } = OUTCOMES[state];
  const why = problem === null ? '' : `: ${escapeControls(problem)}`;
  return `${style(role, text)}  ${escapeControls(words)}${why}\n`;
}

/** What came of a plan that did not go through: what failed, and how the host is now. */
export function renderFailure({ outcome, interrupted, steps }: ApplyReport, style: Style): string {
  const failed = steps.find(({ problem }) => problem !== null);
  const why = interrupted
    ? 'It was interrupted.'
    : `It failed at: ${failed?.words ?? '?'}: ${failed?.problem ?? '?'}.`;
  const left = steps.filter((step) => step.outcome === 'left');
  const how =
    outcome === 'undone'
      ? left.length === 0
        ? 'All steps are undone: the host is as before.'
        : `All steps are undone, except: ${left.map(({ words }) => escapeControls(words)).join('; ')}.`
      : 'Not all steps could be undone. The journal contains the rest: pci recover tries again.';
  return `${escapeControls(why)}\n${style(outcome === 'undone' ? 'strong' : 'bad', how)}\n`;
}
