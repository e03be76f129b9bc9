import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';

/** The categories of machines that have a defined meaning; any other name is defined by its user. */
export const CATEGORIES = ['host', 'controller', 'application', 'service', 'router'] as const;

type KnownCategory = (typeof CATEGORIES)[number];

const FORM = /^[a-z][a-z0-9-]{0,62}$/;

/** Short forms that people have in the names of their machines. */
const SHORT_FORMS: ReadonlyMap<string, KnownCategory> = new Map([
  ['ctl', 'controller'],
  ['ctrl', 'controller'],
  ['app', 'application'],
  ['svc', 'service'],
  ['rtr', 'router'],
]);

/** Whether text can be a category: a lower case letter, and up to 62 more, digits and hyphens. */
export function isCategory(text: string): boolean {
  return FORM.test(text);
}

/**
 * A category as an option names it.
 *
 * @throws PortalGunError BAD_ARGUMENT where it can be none
 */
export function parseCategory(raw: string, option: string): string {
  if (isCategory(raw)) return raw;
  const meant = suggest(raw.toLowerCase(), CATEGORIES);
  throw new PortalGunError('BAD_ARGUMENT', `does not take "${raw}"`, {
    subject: option,
    hint:
      meant === undefined
        ? `it takes ${CATEGORIES.join(', ')}, or a name of your own of lower case letters, digits and hyphens, 63 at most`
        : `did you mean ${meant}?`,
  });
}

/** The known category that a name was most likely meant to be; undefined where it is one, or near none. */
export function nearCategory(name: string): string | undefined {
  const meant = suggest(name, CATEGORIES);
  return meant === name ? undefined : meant;
}

/**
 * A category that the name of a machine suggests: `galaxy-router2`, `GalaxyRouter`. `null` if it suggests none, or
 * more than one. Only ever shown: what a machine is of is what it is tagged with.
 */
export function guessCategory(machineName: string): string | null {
  const words = machineName
    .slice(0, 256)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  const found = new Set(words.map(categoryInWord).filter((category) => category !== undefined));
  const [only] = found;
  return found.size === 1 && only !== undefined ? only : null;
}

function categoryInWord(word: string): KnownCategory | undefined {
  // Too many words end in host.
  const named = CATEGORIES.find(
    (category) => word === category || (category !== 'host' && word.endsWith(category)),
  );
  return named ?? SHORT_FORMS.get(word);
}
