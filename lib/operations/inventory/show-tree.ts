import { knownValue } from '../../base/known.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { buildTopology, type TopologyRoot } from '../../pci/topology.ts';
import type { HostSession } from '../session/host-session.ts';
import { inventorySourceOf } from '../session/inventory-source.ts';
import { type SelectedView, suggestionFor } from './host-view.ts';

/** The root buses with the bridges and devices behind them. */
export interface ShownTree extends SelectedView {
  readonly roots: readonly TopologyRoot[];
}

const FIELDS: readonly DeviceField[] = ['location', 'class', 'vendor', 'device', 'driver', 'iommuGroup'];

/**
 * Shows the selected devices, all without selectors, below the bridges that lead to them.
 *
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, NO_PCI, and the errors of opening the host
 */
export async function showTree(session: HostSession, words: readonly string[] = []): Promise<ShownTree> {
  const selectors = parseSelectors(words);
  const source = await inventorySourceOf(session);
  const fields = new Set([...FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = await source.read(session.names, [...fields]);
  const selected = selectDevices(inventory.devices, selectors);
  return {
    inventory,
    origin: source.label,
    selected,
    suggestion: suggestionFor(selectors, selected, inventory.devices),
    roots: buildTopology(withBridges(inventory.devices, selected)),
  };
}

/** The selected devices and the bridges that lead to them, in the order of the inventory. */
function withBridges(devices: readonly PciDevice[], selected: readonly PciDevice[]): readonly PciDevice[] {
  const wanted = new Set(
    selected.flatMap(({ address, location }) => [address, ...(knownValue(location)?.bridges ?? [])]),
  );
  return devices.filter(({ address }) => wanted.has(address));
}
