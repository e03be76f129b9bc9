import { knownValue } from '../../base/known.ts';
import type { DeviceWith } from '../device.ts';
import { isVf, type TraitField, twinsOf } from '../device-traits.ts';

/** The devices, and the members of their groups. */
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
 * The devices that verdicts on the chosen ones depend on: these, the members of their groups, and the ports above all of those,
 * whose access control decides what is kept apart.
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
 * The devices by which the chosen ones are known again: the PF of each VF, and the devices that ids do not tell from these,
 * since a serial number that two of them have identifies neither. What a device gives itself need not be read yet.
 */
export function kinOf<Device extends DeviceWith<TraitField>>(
  devices: readonly Device[],
  chosen: readonly Device[],
): readonly Device[] {
  const known = [...new Set([...chosen, ...physicalFunctionsOf(devices, chosen)])];
  return [...new Set([...known, ...known.flatMap((device) => twinsOf(device, devices))])];
}

/** The PFs of those among the devices that are VFs. */
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

/** The VFs of those among the devices that are PFs. */
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
