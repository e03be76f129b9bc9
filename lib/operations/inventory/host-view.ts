import type { PciDevice } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { nearest } from '../../pci/selector/selector.ts';
import type { Selector } from '../../pci/selector/selector-parser.ts';

/** The result of reading a host, with its source. */
export interface HostView {
  /** All devices of the host, and what could not be made sense of; of those that were not asked for fewer facts are read. */
  readonly inventory: Inventory;
  /** What told it, for a person: this machine, a path, a libvirt. Not escaped. */
  readonly origin: string;
}

/** The devices of a host that some selectors select. */
export interface SelectedView extends HostView {
  /** Those that the selectors mean, in the order of the host; all if there are none. */
  readonly selected: readonly PciDevice[];
  /** If there is none, a selector that something is of, and that one of those that were given may be meant for; `null` for none. */
  readonly suggestion: string | null;
}

/** If nothing is selected, the selector that one of some was perhaps meant for. */
export function suggestionFor(
  selectors: readonly Selector[],
  selected: readonly PciDevice[],
  devices: readonly PciDevice[],
): string | null {
  if (selected.length > 0) return null;
  return selectors.map((selector) => nearest(selector, devices)).find((text) => text !== undefined) ?? null;
}
