import type { LeftEntry } from '../../operations/change/left-entry.ts';
import { BINDING_STATES, lostText } from './persistence-text.ts';

/** A device that a restoration leaves unchanged, and the reason: a sentence, not escaped. */
export function leftText({ address, reason }: LeftEntry): string {
  return `${address} is left: ${whyText(reason)}`;
}

function whyText(reason: LeftEntry['reason']): string {
  switch (reason.kind) {
    case 'not-found':
      return reason.binding === null ? BINDING_STATES[reason.state] : lostText(reason.binding);
    case 'refused': {
      const { subject, message, name } = reason.finding;
      return `${subject} ${message} (${name})`;
    }
    case 'problem':
      return reason.problem;
  }
}
