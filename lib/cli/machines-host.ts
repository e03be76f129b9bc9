import { PortalGunError } from '../base/errors.ts';
import { isLocalUri } from '../libvirt/connection-uri.ts';
import { type Arguments, stringOf, switchOf } from './command.ts';

/**
 * Devices are looked for on this machine, or on a captured one; the machines have to be those that run there.
 *
 * @param changes whether definitions would be changed, unless the plan is only to be seen
 * @throws PortalGunError BAD_ARGUMENT
 */
export function refuseElsewhere(args: Arguments, uri: string, changes: boolean): void {
  const isCaptured = stringOf(args, 'host') !== undefined;
  if (!isLocalUri(uri) && !isCaptured) {
    throw new PortalGunError('BAD_ARGUMENT', 'is another host, and the devices are looked for on this one', {
      subject: '--connect',
      hint: 'run it there; or give a capture of that host as well: --host FILE (pci snapshot -o FILE)',
    });
  }
  const isLooking = !changes || switchOf(args, 'dry-run') === true || switchOf(args, 'script') === true;
  if (isCaptured && !isLooking && stringOf(args, 'connect') === undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'is a captured host, and nothing says where its machines are', {
      subject: '--host',
      hint: 'say with --connect which libvirt has its machines, or add --dry-run',
    });
  }
}
