import type { InventoryValues } from '../../inventory-options.ts';
import type { HostdevValues } from '../../tables/hostdev-options.ts';

/** The values of `pci xml`. */
export interface XmlValues extends InventoryValues, HostdevValues {
  readonly devices: readonly string[];
  readonly group: boolean;
  readonly guestAddress: string | undefined;
  readonly domain: string | undefined;
  readonly pool: string | undefined;
  readonly nodedev: string | undefined;
  readonly from: 'capability' | 'name' | undefined;
  readonly all: boolean;
  readonly outputDir: string | undefined;
  readonly overwrite: boolean;
}
