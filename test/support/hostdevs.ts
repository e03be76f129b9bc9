import { PortalGunError } from '../../lib/base/errors.ts';
import { openHost } from '../../lib/host/open-host.ts';
import type { HostDevice } from '../../lib/libvirt/hostdev/host-device.ts';
import { formatHostDevice } from '../../lib/libvirt/hostdev/host-device-text.ts';
import type { HostdevOptions } from '../../lib/libvirt/hostdev/to-hostdev.ts';
import { readHostdevState, toHostdevOf } from '../../lib/operations/assignment/hostdev-state.ts';
import { sysfsSource } from '../../lib/operations/session/sysfs-source.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';

const NO_WISHES: HostdevOptions = {
  as: null,
  rom: 'auto',
  category: null,
  isManaged: true,
  mac: null,
  vlan: null,
  bootOrder: null,
  persistentPeer: null,
};

/** Every device of a host that can be passed to a VM, as `pci xml` writes it. */
export async function handedOver(
  path: string,
): Promise<readonly { readonly device: HostDevice; readonly xml: string }[]> {
  const state = await readHostdevState(sysfsSource(openHost(path)), NO_NAMES, []);
  return state.selected.flatMap((device) => {
    try {
      const handed = toHostdevOf(state, device, NO_WISHES, [device]).device;
      return [{ device: handed, xml: formatHostDevice(handed) }];
    } catch (error) {
      if (error instanceof PortalGunError) return [];
      throw error;
    }
  });
}
