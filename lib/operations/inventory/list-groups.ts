import { knownValue } from '../../base/known.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { GROUP_FIELDS, groupDevices, type IommuGroup } from '../../pci/group/iommu-group.ts';
import type { IommuState } from '../../pci/group/iommu-state.ts';
import { groupedWith } from '../../pci/selector/concerned-devices.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import type { ProbedDevices } from '../../sysfs/device/read-inventory.ts';
import type { HostSession } from '../session/host-session.ts';
import { inventorySourceOf } from '../session/inventory-source.ts';
import { type SelectedView, suggestionFor } from './host-view.ts';

/** The groups to list. */
export interface GroupsOptions {
  /** Whether groups that cannot be passed through are omitted. */
  readonly viable?: boolean;
}

/** The IOMMU groups of selected devices. */
export interface ListedGroups extends SelectedView {
  readonly groups: readonly IommuGroup[];
  /** The selected devices without a group, or with an unknown one. */
  readonly ungrouped: readonly PciDevice[];
  /** The state of the IOMMU of the host. */
  readonly iommu: IommuState;
}

const FIELDS: readonly DeviceField[] = [...GROUP_FIELDS, 'vendor', 'device'];

/**
 * Lists the IOMMU groups of the selected devices, all without selectors, and whether each can be passed to a VM.
 *
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, NO_PCI, and the errors of opening the host
 */
export async function listGroups(
  session: HostSession,
  words: readonly string[] = [],
  { viable = false }: GroupsOptions = {},
): Promise<ListedGroups> {
  const selectors = parseSelectors(words);
  const source = await inventorySourceOf(session);
  const fields = new Set([...FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const asked: ProbedDevices = (devices) => groupedWith(devices, selectDevices(devices, selectors));
  const inventory = await source.read(session.names, [...fields], selectors.length === 0 ? undefined : asked);
  const iommu = source.iommuState();
  const all = groupDevices(inventory.devices, source.groupAttributes);
  const selected = selectDevices(inventory.devices, selectors);
  const chosen = new Set<PciDevice>(selected);
  return {
    inventory,
    origin: source.label,
    selected,
    suggestion: suggestionFor(selectors, selected, inventory.devices),
    groups: all.filter(
      ({ members, verdict }) =>
        members.some(({ device }) => chosen.has(device)) && !(viable && verdict === 'never'),
    ),
    ungrouped: selected.filter(({ iommuGroup }) => knownValue(iommuGroup) === undefined),
    iommu,
  };
}
