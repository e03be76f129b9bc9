import { EXIT } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { formatJson } from '../../base/text.ts';
import type { PciDevice } from '../../pci/device.ts';
import { groupDevices, type IommuGroup } from '../../pci/group/iommu-group.ts';
import { iommuAdvice } from '../../pci/group/iommu-state.ts';
import { passthroughNotes } from '../../pci/group/passthrough.ts';
import { groupedWith } from '../../pci/selector/concerned-devices.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { showDocument } from '../../render/documents.ts';
import { renderDeviceDetails } from '../../render/inventory/device-details.ts';
import { readDriverClaims } from '../../sysfs/device/driver-claims.ts';
import { ALL_FIELDS } from '../../sysfs/device/read-inventory.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { InventoryValues } from '../inventory-source.ts';
import { sourceOf } from '../inventory-source.ts';
import { namesOf, remarks } from '../reading-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** `pci show`: everything of one device. */
export async function runShow(
  args: InventoryValues & { readonly device: string },
  terminal: Terminal,
): Promise<CommandResult> {
  const source = await sourceOf(args);
  const names = namesOf(args);
  const word = args.device;
  const ofAll = ['iommuGroup', ...parseSelector(word).fields];
  const inventory = await source.read(
    names,
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
  const stderr = remarks(args, names, source, diagnostics);
  const stdout = args.json
    ? `${formatJson(showDocument(inventory, device, group, notes, diagnostics), 2)}\n`
    : renderDeviceDetails({ device, group, notes }, terminal.width, terminal.style);
  return { exitCode: EXIT.ok, stdout, stderr };
}

function groupOf(
  device: PciDevice,
  devices: readonly PciDevice[],
  attributesOf: Parameters<typeof groupDevices>[1],
): IommuGroup | undefined {
  const id = knownValue(device.iommuGroup);
  if (id === undefined) return undefined;
  return groupDevices(
    devices.filter(({ iommuGroup }) => iommuGroup === id),
    attributesOf,
  )[0];
}
