import { knownValue } from '../../base/known.ts';
import type { DeviceWith } from '../device.ts';
import { isVf, type TraitField, twinsOf } from '../device-traits.ts';

/** The devices and the members of their groups. */
export function groupedWith<Device extends DeviceWith<'iommuGroup'>>(
  devices: readonly Device[],
  chosen: readonly Device[],
): readonly Device[] {
  const ids = new Set(chosen.map(({ iommuGroup }) => knownValue(iommuGroup)));
  const wanted = new Set(chosen);
  return devices.filter((device) => {
    const id = knownValue(device.iommuGroup);
    return wanted.has(device) || (id !== undefined && ids.has(id));
  });
}

/**
 * The devices that verdicts on the selected ones depend on: these, the members of their groups, and the ports above
 * all of them, whose access control determines isolation.
 */
export function concernedWith<Device extends DeviceWith<'iommuGroup' | 'location'>>(
  devices: readonly Device[],
  chosen: readonly Device[],
): readonly Device[] {
  const grouped = new Set(groupedWith(devices, chosen));
  const above = new Set([...grouped].flatMap(({ location }) => knownValue(location)?.bridges ?? []));
  return devices.filter((device) => grouped.has(device) || above.has(device.address));
}

/**
 * The devices that identify the selected ones: the PF of each VF, and the devices with the same ids, because a serial
 * number that two devices have identifies neither. Marks of the devices need not be read yet.
 */
export function kinOf<Device extends DeviceWith<TraitField>>(
  devices: readonly Device[],
  chosen: readonly Device[],
): readonly Device[] {
  const known = [...new Set([...chosen, ...physicalFunctionsOf(devices, chosen)])];
  return [...new Set([...known, ...known.flatMap((device) => twinsOf(device, devices))])];
}

/** The PFs of the VFs among the devices. */
export function physicalFunctionsOf<Device extends DeviceWith<'sriov'>>(
  devices: readonly Device[],
  chosen: readonly DeviceWith<'sriov'>[],
): readonly Device[] {
  const addresses = new Set(
    chosen.filter(isVf).flatMap(({ sriov }) => {
      const role = knownValue(sriov);
      return role?.role === 'vf' ? [role.physicalFunction] : [];
    }),
  );
  return devices.filter(({ address }) => addresses.has(address));
}

/** The VFs of the PFs among the devices. */
export function virtualFunctionsOf<Device extends DeviceWith<'sriov'>>(
  devices: readonly Device[],
  chosen: readonly DeviceWith<never>[],
): readonly Device[] {
  const pfs = new Set(chosen.map(({ address }) => address));
  return devices.filter(({ sriov }) => {
    const role = knownValue(sriov);
    return role?.role === 'vf' && pfs.has(role.physicalFunction);
  });
}
