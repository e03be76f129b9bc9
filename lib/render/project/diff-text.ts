import { count, escapeControls } from '../../base/text.ts';
import type { PlanDocument } from '../../documents/changes/plan.ts';
import type { MachineDiffDocument } from '../../documents/machines/machine-diff.ts';
import type { ComparedGuest, ComparedGuests } from '../../operations/provision/compare-guests.ts';
import { hangText } from '../layout/wrap-text.ts';

type FailedCheck = NonNullable<PlanDocument['failedChecks']>[number];

/** What would be changed in each guest, what cannot be, and the checks that fail: a line each. */
export function renderMachineDiff({ guests }: ComparedGuests, width: number | null): string {
  const lines = guests.flatMap(linesOf);
  if (lines.length === 0) return `No differences in ${count(guests.length, 'guest')}.\n`;
  const more = guests.filter(({ isPartial }) => isPartial).map(({ machine }) => machine);
  const note =
    more.length === 0 ? '' : `More is compared after the packages are installed: ${more.join(', ')}\n`;
  return (
    lines
      .map(
        (line) => `${hangText({ start: '', startWidth: 0, text: escapeControls(line), indent: 2, width })}\n`,
      )
      .join('') + note
  );
}

function linesOf({ machine, steps, obstacles, checks }: ComparedGuest): readonly string[] {
  return [
    ...steps.map(({ words }) => words),
    ...obstacles.map(
      ({ what, message }) => `${machine}: ${what} ${message} (not changed by portal provision)`,
    ),
    ...checks
      .filter(({ isMet }) => !isMet)
      .map(({ words, origin }) => `${machine}: check failed: ${words} (${origin})`),
  ];
}

/** The failed checks of provisioned guests. */
export function failedChecksOf(guests: readonly ComparedGuest[]): readonly FailedCheck[] {
  return guests.flatMap(({ machine, checks }) =>
    checks.filter(({ isMet }) => !isMet).map(({ words, origin }) => ({ machine, words, origin })),
  );
}

/** The same for stderr; empty if there are none. */
export function renderFailedChecks(checks: readonly FailedCheck[]): string {
  return checks
    .map(
      ({ machine, words, origin }) =>
        `portal: ${machine}: check failed: ${escapeControls(`${words} (${origin})`)}\n`,
    )
    .join('');
}

/** The comparison as JSON. */
export function machineDiffDocument({ root, guests }: ComparedGuests): MachineDiffDocument {
  return {
    schema: 'portal-gun/machine-diff/v1',
    root,
    machines: guests.map(({ machine, steps, obstacles, checks, isPartial }) => ({
      name: machine,
      differences: steps.map(({ words, change }) => ({ words, change })),
      obstacles: obstacles.map(({ what, message }) => ({ what, message })),
      checks: checks.map(({ words, origin, isMet }) => ({ words, origin, met: isMet })),
      partial: isPartial,
    })),
  };
}
