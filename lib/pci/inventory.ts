import type { Diagnostic } from '../base/diagnostic.ts';
import type { PciDevice } from './device.ts';

/** The PCI functions of a host, as they were read. */
export interface Inventory {
  readonly host: {
    readonly label: string;
    /** The URI of the libvirt that told of it; left out where none was asked. */
    readonly libvirt?: string;
  };
  /** Ordered by address. */
  readonly devices: readonly PciDevice[];
  /** Whether the kernel shows any IOMMU group. A device may still have none. */
  readonly iommu: boolean;
  /** What could not be made sense of. */
  readonly diagnostics: readonly Diagnostic[];
}
