import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { PlannedHostdev } from '../../libvirt/hostdev/to-hostdev.ts';
import type { PciDevice } from '../../pci/device.ts';
import { identityOf } from '../../pci/identity.ts';
import { stableMac } from '../../pci/sriov/stable-mac.ts';
import type { HostdevState } from './hostdev-state.ts';

/**
 * A VF that goes as an interface, with the MAC of the stable scheme where none was asked for: libvirt would make one up, and the
 * definition would be another than the one that was planned. Anything else as it is.
 *
 * @throws PortalGunError CANNOT_BE_GIVEN where there is nothing to make it of
 */
export function withStableMac(
  { inventory, pfLinks }: HostdevState,
  device: PciDevice,
  { device: handed, notes }: PlannedHostdev,
): PlannedHostdev {
  const role = knownValue(device.sriov);
  if (handed.kind !== 'interface' || handed.mac !== null || role?.role !== 'vf')
    return { device: handed, notes };
  const pf = inventory.devices.find(({ address }) => address === role.physicalFunction);
  const card = pfLinks.get(role.physicalFunction)?.mac ?? (pf === undefined ? null : identityOf(pf).serial);
  const index = knownValue(role.index);
  if (card === null || index === undefined) {
    throw new PortalGunError('CANNOT_BE_GIVEN', 'its PF has nothing to make a MAC of that stays', {
      subject: device.address,
      hint: 'write it by hand: pci xml --mac',
    });
  }
  return {
    device: { ...handed, mac: stableMac(card, index) },
    notes: notes.filter(({ code }) => code !== 'no-mac'),
  };
}
