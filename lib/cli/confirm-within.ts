import { PortalGunError } from '../base/errors.ts';
import type { ChangingValues } from './tables/changing-options.ts';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;
const LEAST_MS = 10_000;
const MOST_MS = 3_600_000;

/**
 * The time limit of `--confirm-within`, in ms; `null` if it is not given.
 *
 * @throws PortalGunError BAD_ARGUMENT for an invalid time, and with `--script`
 */
export function confirmWithinOf(
  args: Pick<ChangingValues, 'script'> & Partial<Pick<ChangingValues, 'confirmWithin'>>,
): number | null {
  const text = args.confirmWithin;
  if (text === undefined) return null;
  const [, number, unit] = /^(\d{1,4})([smh])$/.exec(text) ?? [];
  const ms = Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!(ms >= LEAST_MS && ms <= MOST_MS)) {
    throw new PortalGunError('BAD_ARGUMENT', `invalid value "${text}"`, {
      subject: '--confirm-within',
      hint: 'use a time from 10s to 1h, such as 60s or 5m',
    });
  }
  if (!args.script) return ms;
  throw new PortalGunError('BAD_ARGUMENT', 'a script has no journal, so it cannot undo a change', {
    subject: '--confirm-within',
    hint: 'omit either --confirm-within or --script',
  });
}
