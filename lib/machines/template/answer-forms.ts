import { PortalGunError } from '../../base/errors.ts';
import { parseDeviceSelector } from '../definition/device-selector.ts';
import { parseSize } from '../definition/size.ts';

/**
 * The forms that an answer can have. Each returns the problem of a text that has another form; `null` if it is valid.
 */
const ANSWER_FORMS = {
  text: (text) => (/^[\x20-\x7e]{0,200}$/.test(text) ? null : 'use up to 200 printable characters'),
  size: (text) => faultOf(() => parseSize(text)),
  integer: (text) => (/^\d{1,9}$/.test(text) ? null : 'use a whole number'),
  flag: (text) => (/^(yes|no)$/.test(text) ? null : 'use yes or no'),
  name: (text) =>
    /^[a-z0-9][a-z0-9._/-]{0,49}$/.test(text) ? null : 'use lowercase letters, digits and . _ - /',
  bridge: (text) =>
    /^([A-Za-z0-9][A-Za-z0-9._-]{0,14})?$/.test(text) ? null : 'use the name of a bridge, or nothing',
  selector: (text) => (text === '' ? null : faultOf(() => parseDeviceSelector(text))),
} as const satisfies Record<string, (text: string) => string | null>;

export type AnswerFormName = keyof typeof ANSWER_FORMS;

export const ANSWER_FORM_NAMES = Object.keys(ANSWER_FORMS) as [AnswerFormName, ...AnswerFormName[]];

/** The problem of an answer; `null` if it is valid. */
export function answerFault(form: AnswerFormName, text: string): string | null {
  return ANSWER_FORMS[form](text);
}

function faultOf(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (error instanceof PortalGunError)
      return `${error.message}${error.hint === null ? '' : `; ${error.hint}`}`;
    throw error;
  }
}
