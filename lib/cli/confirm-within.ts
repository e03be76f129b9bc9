import { PortalGunError } from '../base/errors.ts';
import type { ChangingValues } from './tables/changing-options.ts';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;
const LEAST_MS = 10_000;
const MOST_MS = 3_600_000;

/**
 * How long `--confirm-within` gives, in ms; `null` where it is not there.
 *
 * @throws PortalGunError BAD_ARGUMENT for what is no such time, and beside `--script`
 */
export function confirmWithinOf(
  args: Pick<ChangingValues, 'script'> & Partial<Pick<ChangingValues, 'confirmWithin'>>,
): number | null {
  const text = args.confirmWithin;
  if (text === undefined) return null;
  const [, number, unit] = /^(\d{1,4})([smh])$/.exec(text) ?? [];
  const ms = Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!(ms >= LEAST_MS && ms <= MOST_MS)) {
    throw new PortalGunError('BAD_ARGUMENT', `does not take "${text}"`, {
      subject: '--confirm-within',
      hint: 'it takes a time from 10s to 1h: 60s, 5m',
    });
  }
  if (!args.script) return ms;
  throw new PortalGunError('BAD_ARGUMENT', 'a script keeps no journal, and so undoes nothing', {
    subject: '--confirm-within',
    hint: 'leave out either it or --script',
  });
}
