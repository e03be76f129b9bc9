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

/** Where an inventory comes from, and what is told with it of the host as a whole. */
export interface InventorySource {
  /** What the source is called in remarks, for a person; not escaped. */
  readonly label: string;
  /** The host whose files tell more; `null` where its libvirt alone is asked. */
  readonly files: HostReader | null;
  /**
   * Of each device at least the facts that are asked for; those in `ofProbed`, by default what a device gives itself, only of
   * those that are probed.
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

/** What the kernel of a host tells. */
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
