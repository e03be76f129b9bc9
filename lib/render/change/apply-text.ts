import type { ApplyReport, StepOutcome } from '../../apply/apply-report.ts';
import { PROBLEMS } from '../../base/problem.ts';
import { escapeControls } from '../../base/text.ts';
import type { Role, Style } from '../layout/style.ts';

const OUTCOMES: Record<StepOutcome, { readonly text: string; readonly role: Role }> = {
  done: { text: 'done', role: 'good' },
  already: { text: 'was already done', role: 'faint' },
  undone: { text: 'undone', role: 'warning' },
  left: { text: 'left unchanged', role: 'warning' },
  stuck: { text: 'COULD NOT BE UNDONE', role: 'bad' },
  untouched: { text: 'not started', role: 'faint' },
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

/** The result of a plan that was not completed: the failure, and the current state of the host. */
export function renderFailure({ outcome, interrupted, steps }: ApplyReport, style: Style): string {
  const failed = steps.find(({ problem }) => problem !== null);
  const why = interrupted
    ? 'It was interrupted.'
    : `It failed at: ${failed?.words ?? '?'}: ${failed?.problem ?? '?'} [${failed?.problemCode ?? '?'}]`;
  const code = interrupted ? null : (failed?.problemCode ?? null);
  const hint = code === null ? '' : `hint: ${PROBLEMS[code].remedy}\n`;
  const left = steps.filter((step) => step.outcome === 'left');
  const how =
    outcome === 'undone'
      ? left.length === 0
        ? 'All steps are undone: the host is as before.'
        : `All steps are undone, except: ${left.map(({ words }) => escapeControls(words)).join('; ')}.`
      : 'Not all steps could be undone. The journal contains the rest: run pci recover to try again.';
  return `${escapeControls(why)}\n${hint}${style(outcome === 'undone' ? 'strong' : 'bad', how)}\n`;
}
