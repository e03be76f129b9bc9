import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';

/** The categories of VMs with a defined meaning; a user may define other names. */
export const CATEGORIES = ['host', 'controller', 'application', 'service', 'router'] as const;

type KnownCategory = (typeof CATEGORIES)[number];

const FORM = /^[a-z][a-z0-9-]{0,62}$/;

/** Frequent short forms in the names of VMs. */
const SHORT_FORMS: ReadonlyMap<string, KnownCategory> = new Map([
  ['ctl', 'controller'],
  ['ctrl', 'controller'],
  ['app', 'application'],
  ['svc', 'service'],
  ['rtr', 'router'],
]);

/** Whether text can be a category: a lowercase letter, and up to 62 more, digits and hyphens. */
export function isCategory(text: string): boolean {
  return FORM.test(text);
}

/**
 * Parses the category in an option.
 *
 * @throws PortalGunError BAD_ARGUMENT if it is invalid
 */
export function parseCategory(raw: string, option: string): string {
  if (isCategory(raw)) return raw;
  const meant = suggest(raw.toLowerCase(), CATEGORIES);
  throw new PortalGunError('BAD_ARGUMENT', `invalid value "${raw}"`, {
    subject: option,
    hint:
      meant === undefined
        ? `use ${CATEGORIES.join(', ')}, or another name of at most 63 lowercase letters, digits and hyphens`
        : `did you mean ${meant}?`,
  });
}

/** The known category that a name most likely means; undefined if it is one, or similar to none. */
export function nearCategory(name: string): string | undefined {
  const meant = suggest(name, CATEGORIES);
  return meant === name ? undefined : meant;
}

/**
 * A category that the name of a VM suggests: `galaxy-router2`, `GalaxyRouter`. `null` if it suggests none, or more
 * than one. Only shown: the category of a VM is its tag.
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
  // Too many words end in "host".
  const named = CATEGORIES.find(
    (category) => word === category || (category !== 'host' && word.endsWith(category)),
  );
  return named ?? SHORT_FORMS.get(word);
}
