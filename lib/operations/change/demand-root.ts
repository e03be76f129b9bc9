import { PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';

/**
 * Refuses an action that requires root.
 *
 * @param hint an alternative for another user
 * @throws PortalGunError PERMISSION_DENIED
 */
export function demandRoot({ user }: Pick<HostPorts, 'user'>, hint = 'run it with sudo'): void {
  if (user.isRoot) return;
  throw new PortalGunError('PERMISSION_DENIED', 'changing the host requires root', { hint });
}
