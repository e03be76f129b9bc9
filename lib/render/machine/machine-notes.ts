import { escapeControls } from '../../base/text.ts';
import type { MachineAssignment } from '../../plan/assignment/plan-assignment.ts';
import { hangText } from '../layout/wrap-text.ts';

/** A note, on lines of its own. */
export function noteLine(text: string, width: number | null): string {
  const start = '  note: ';
  return `${hangText({ start, startWidth: start.length, text: escapeControls(text), indent: start.length, width })}\n`;
}

/** When a gain or loss of a VM takes effect. */
export function whenOf({ machine, gained, lost }: MachineAssignment): string {
  if (gained.length + lost.length === 0) return '';
  return machine.live === null ? 'is off' : 'runs: at its next start';
}
