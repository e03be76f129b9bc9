import { PortalGunError } from '../../base/errors.ts';
import type { HostSession } from '../session/host-session.ts';

/**
 * Refuses to end a change of a captured host, which cannot be changed.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function refuseCapturedHost({ isCaptured }: HostSession): void {
  if (!isCaptured) return;
  throw new PortalGunError('BAD_ARGUMENT', 'a snapshot has no changes to recover', {
    subject: '--host',
    hint: 'run it on the host itself',
  });
}
