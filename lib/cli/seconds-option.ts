import { PortalGunError } from '../base/errors.ts';

const MAX_SECONDS = 86_400;

/**
 * The time of an option in milliseconds.
 *
 * @throws PortalGunError BAD_ARGUMENT for a time that is not a number of seconds
 */
export function millisecondsOf(option: string, seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  const value = /^\d{1,5}$/.test(seconds) ? Number(seconds) : 0;
  if (value > 0 && value <= MAX_SECONDS) return value * 1000;
  throw new PortalGunError('BAD_ARGUMENT', `invalid value "${seconds}"`, {
    subject: option,
    hint: `use a number of seconds from 1 to ${MAX_SECONDS}`,
  });
}
