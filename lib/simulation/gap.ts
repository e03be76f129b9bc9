import { PortalGunError } from '../base/errors.ts';

/** Thrown if the answer of the kernel does not follow from the snapshot, instead of an invented one. */
export function gap(subject: string, message: string): PortalGunError {
  return new PortalGunError('NOT_SIMULATED', message, { subject });
}
