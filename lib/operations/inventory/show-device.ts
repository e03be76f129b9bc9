import type { Diagnostic } from '../../base/diagnostic.ts';
import { knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import { type GroupAttributes, groupDevices, type IommuGroup } from '../../pci/group/iommu-group.ts';
import { iommuAdvice } from '../../pci/group/iommu-state.ts';
import { type PassthroughNote, passthroughNotes } from '../../pci/group/passthrough.ts';
import { groupedWith } from '../../pci/selector/concerned-devices.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { readDriverClaims } from '../../sysfs/device/driver-claims.ts';
import { ALL_FIELDS } from '../../sysfs/device/read-inventory.ts';
import type { HostSession } from '../session/host-session.ts';
import { inventorySourceOf } from '../session/inventory-source.ts';
import type { HostView } from './host-view.ts';

/** All facts of one device. */
export interface ShownDevice extends HostView {
  readonly device: PciDevice;
  /** Its IOMMU group; `undefined` if it has none, or if it is unknown. */
  readonly group: IommuGroup | undefined;
  /** The conditions for passing it through to a VM. */
  readonly notes: readonly PassthroughNote[];
  /** The diagnostics for this device. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Shows all known facts of one device.
 *
 * @param word an address, or any selector that means one device
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, NO_PCI, and the errors of opening the host
 */
export async function showDevice(session: HostSession, word: string): Promise<ShownDevice> {
  const source = await inventorySourceOf(session);
  const ofAll = ['iommuGroup', ...parseSelector(word).fields];
  const inventory = await source.read(
    session.names,
    ALL_FIELDS,
    (devices) => groupedWith(devices, [selectOne(devices, word)]),
    new Set(ALL_FIELDS.filter((field) => !ofAll.includes(field))),
  );
  const device = selectOne(inventory.devices, word);
  const group = groupOf(device, inventory.devices, source.groupAttributes);
  const notes = passthroughNotes(device, group, {
    iommu: inventory.iommu,
    ...(inventory.iommu === false ? { iommuAdvice: iommuAdvice(source.iommuState()) } : {}),
    driverClaims: source.files === null ? [] : (knownValue(readDriverClaims(source.files)) ?? []),
    tellsResetMethods: source.tellsResetMethods(inventory.devices),
  });
  const diagnostics = inventory.diagnostics.filter(({ subject }) => subject === device.address);
  return { inventory, origin: source.label, device, group, notes, diagnostics };
}

function groupOf(
  device: PciDevice,
  devices: readonly PciDevice[],
  attributesOf: (group: number) => GroupAttributes,
): IommuGroup | undefined {
  const id = knownValue(device.iommuGroup);
  if (id === undefined) return undefined;
  return groupDevices(
    devices.filter(({ iommuGroup }) => iommuGroup === id),
    attributesOf,
  )[0];
}
