import { isUnknown, knownValue } from '../base/known.ts';
import { lostWith } from '../checks/safety/lost-with.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { DeviceField, DeviceRequest, DeviceWith, PciDevice } from '../pci/device.ts';
import { type GroupField, groupDevices, type IommuGroup } from '../pci/group/iommu-group.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { PciNames } from '../pci/pci-ids.ts';
import { concernedWith, groupedWith } from '../pci/selector/concerned-devices.ts';
import { type ProbedDevices, readInventory } from '../sysfs/device/read-inventory.ts';
import { readTunnels } from '../sysfs/host-use/node/tunnels.ts';
import { readGroupAttributes } from '../sysfs/read-groups.ts';

/** What decides which functions go together, and on which drivers the host has functions. */
const OF_ALL: ReadonlySet<DeviceField> = new Set<DeviceField>([
  'location',
  'class',
  'vendor',
  'device',
  'subsystem',
  'driver',
  'iommuGroup',
  'sriov',
]);

/**
 * Reads every function of a host, with the facts for a question about taking some of them: all facts of those, of
 * their groups and of the ports above; of devices that are lost with them all facts except those that are read from
 * the device itself; of others only the facts that show that they are not included. The rest is `unread`, which lifts
 * no finding.
 *
 * @param chosen selects the functions of the question; it may use `selecting` as well, which is read of all
 * @throws PortalGunError as `readInventory`
 */
export function readForSafety<const Read extends DeviceField>(
  host: HostReader,
  names: PciNames,
  fields: readonly Read[],
  chosen: ProbedDevices,
  selecting: readonly DeviceField[] = [],
): Inventory<DeviceWith<Read>> {
  let picked: readonly PciDevice[] | undefined;
  const pick: ProbedDevices = (devices) => {
    picked ??= chosen(devices);
    return picked;
  };
  const ofAll = new Set<DeviceRequest>([...OF_ALL, ...selecting]);
  // Of what PFs are set to, nothing counts here.
  const requests = fields.map((field): DeviceRequest => (field === 'sriov' ? 'vfCounts' : field));
  return readInventory(
    host,
    names,
    requests,
    (devices) => concernedWith(devices, pick(devices)),
    new Set(fields.filter((field) => !ofAll.has(field))),
    (devices) => lostBy(host, devices, pick(devices)),
  );
}

/** What is gone when the chosen ones go with their groups: bridges among them are counted as if they went. */
function lostBy(
  host: HostReader,
  devices: readonly PciDevice[],
  chosen: readonly PciDevice[],
): readonly PciDevice[] {
  const given = new Set(groupedWith(devices, chosen).map(({ address }) => address));
  const lost = lostWith(given, devices, readTunnels(host));
  return devices.filter(({ address }) => lost.has(address));
}

/** The functions with more facts from `readForSafety` than those that exclude them; all in another inventory. */
export function amongAsked<Device extends DeviceWith<'attachments'>>(
  devices: readonly Device[],
): readonly Device[] {
  return devices.filter(({ attachments }) => !isUnknown(attachments) || attachments.unknown !== 'unread');
}

/** The IOMMU groups of these. */
export function groupsAmongAsked<Device extends DeviceWith<GroupField | 'attachments'>>(
  host: HostReader,
  devices: readonly Device[],
): readonly IommuGroup<Device>[] {
  const ids = new Set(amongAsked(devices).map(({ iommuGroup }) => knownValue(iommuGroup)));
  return groupDevices(
    devices.filter(({ iommuGroup }) => ids.has(knownValue(iommuGroup))),
    (id) => readGroupAttributes(host, id),
  );
}
