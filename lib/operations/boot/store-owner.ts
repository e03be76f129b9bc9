import { knownValue } from '../../base/known.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { readQemuUser } from '../../sysfs/host-facts/libvirt-setup.ts';

/**
 * The id of the user of QEMU: while a VM runs, libvirt makes this user the owner of its kernel and initramfs. For files
 * whose content is compared with their name; `undefined` if there is no such user.
 */
export function storeOwner({ reader }: Pick<HostPorts, 'reader'>): number | undefined {
  return knownValue(readQemuUser(reader))?.userId;
}
