import { PortalGunError } from '../../lib/base/errors.ts';

/** The error that a call throws. */
export function errorOf(act: () => unknown): PortalGunError {
  try {
    act();
  } catch (error) {
    if (error instanceof PortalGunError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
