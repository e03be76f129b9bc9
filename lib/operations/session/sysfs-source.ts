import type { HostReader } from '../../host/host-reader.ts';
import type { DeviceRequest, PciDevice } from '../../pci/device.ts';
import type { GroupAttributes } from '../../pci/group/iommu-group.ts';
import type { IommuState } from '../../pci/group/iommu-state.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { PciNames } from '../../pci/pci-ids.ts';
import { type ProbedDevices, readInventory } from '../../sysfs/device/read-inventory.ts';
import { readIommuState } from '../../sysfs/iommu-state.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';

/** The source of an inventory, with its data about the host as a whole. */
export interface InventorySource {
  /** The name of the source in remarks, for a user; not escaped. */
  readonly label: string;
  /** The host with more files; `null` if only its libvirt is asked. */
  readonly files: HostReader | null;
  /**
   * For each device at least the requested facts; those in `ofProbed`, by default those that are read from the device
   * itself, only for probed devices.
   */
  read(
    names: PciNames,
    fields: readonly DeviceRequest[],
    probed?: ProbedDevices,
    ofProbed?: ReadonlySet<DeviceRequest>,
  ): Promise<Inventory>;
  groupAttributes(group: number): GroupAttributes;
  iommuState(): IommuState;
  tellsResetMethods(devices: readonly PciDevice[]): boolean;
}

/** The inventory of a host's kernel. */
export function sysfsSource(host: HostReader): InventorySource {
  return {
    label: host.label,
    files: host,
    read: async (names, fields, probed, ofProbed) => readInventory(host, names, fields, probed, ofProbed),
    groupAttributes: (group) => readGroupAttributes(host, group),
    iommuState: () => readIommuState(host),
    tellsResetMethods: (devices) => tellsResetMethods(host, devices),
  };
}
