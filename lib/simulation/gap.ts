import { PortalGunError } from '../base/errors.ts';

/** What is thrown where the kernel's answer does not follow from the snapshot: better than one that is made up. */
export function gap(subject: string, message: string): PortalGunError {
  return new PortalGunError('NOT_SIMULATED', message, { subject });
}
