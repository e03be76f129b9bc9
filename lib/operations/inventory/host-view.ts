import type { PciDevice } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { nearest } from '../../pci/selector/selector.ts';
import type { Selector } from '../../pci/selector/selector-parser.ts';

/** The result of reading a host, with its source. */
export interface HostView {
  /** All devices of the host, and diagnostics; fewer facts are read of devices that were not selected. */
  readonly inventory: Inventory;
  /** The source for a user: this machine, a path, a libvirt. Not escaped. */
  readonly origin: string;
}

/** The devices of a host that some selectors select. */
export interface SelectedView extends HostView {
  /** The selected devices, in the order of the host; all without selectors. */
  readonly selected: readonly PciDevice[];
  /** If no device matches, a similar selector that does; `null` for none. */
  readonly suggestion: string | null;
}

/** If no device matches, a selector that is similar to a given one. */
export function suggestionFor(
  selectors: readonly Selector[],
  selected: readonly PciDevice[],
  devices: readonly PciDevice[],
): string | null {
  if (selected.length > 0) return null;
  return selectors.map((selector) => nearest(selector, devices)).find((text) => text !== undefined) ?? null;
}
