import { PortalGunError } from '../../lib/base/errors.ts';
import { handOverOne, readHandOverSituation } from '../../lib/cli/hand-over-situation.ts';
import { sysfsSource } from '../../lib/cli/sysfs-source.ts';
import { openHost } from '../../lib/host/open-host.ts';
import type { HandOverWishes } from '../../lib/libvirt/hand-over.ts';
import type { HostDevice } from '../../lib/libvirt/host-device.ts';
import { formatHostDevice } from '../../lib/libvirt/host-device-text.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';

const NO_WISHES: HandOverWishes = {
  as: null,
  rom: 'auto',
  category: null,
  isManaged: true,
  mac: null,
  vlan: null,
  bootOrder: null,
  persistentPeer: null,
};

/** Every device of a host that a machine can be given, as `pci xml` writes it. */
export async function handedOver(
  path: string,
): Promise<readonly { readonly device: HostDevice; readonly xml: string }[]> {
  const situation = await readHandOverSituation(sysfsSource(openHost(path)), NO_NAMES, []);
  return situation.selected.flatMap((device) => {
    try {
      const handed = handOverOne(situation, device, NO_WISHES, [device]).device;
      return [{ device: handed, xml: formatHostDevice(handed) }];
    } catch (error) {
      if (error instanceof PortalGunError) return [];
      throw error;
    }
  });
}
