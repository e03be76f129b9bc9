import type { DeviceRequest } from '../../pci/device.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { ALL_FIELDS, type ProbedDevices } from '../../sysfs/device/read-inventory.ts';
import type { HostSession } from '../session/host-session.ts';
import { inventorySourceOf } from '../session/inventory-source.ts';
import { type SelectedView, suggestionFor } from './host-view.ts';

/** The facts to read of each device. */
export interface ListOptions {
  /** The needed facts; all by default. A fact that is not read costs nothing, and is `{ unknown: 'unread' }`. */
  readonly fields?: readonly DeviceRequest[];
}

/**
 * Lists the selected devices, all without selectors.
 *
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, NO_PCI, and the errors of opening the host
 */
export async function listDevices(
  session: HostSession,
  words: readonly string[] = [],
  { fields = ALL_FIELDS }: ListOptions = {},
): Promise<SelectedView> {
  const selectors = parseSelectors(words);
  const source = await inventorySourceOf(session);
  const asked: ProbedDevices = (all) => selectDevices(all, selectors);
  const inventory = await source.read(
    session.names,
    [...new Set([...fields, ...selectors.flatMap((selector) => selector.fields)])],
    selectors.length === 0 ? undefined : asked,
  );
  const selected = selectDevices(inventory.devices, selectors);
  return {
    inventory,
    origin: source.label,
    selected,
    suggestion: suggestionFor(selectors, selected, inventory.devices),
  };
}
