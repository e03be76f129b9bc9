import type { Diagnostic } from '../base/diagnostic.ts';
import type { Unknown } from '../base/known.ts';
import type { DeviceWith, PciDevice } from './device.ts';

/** The PCI functions of a host, with the facts that were read. */
export interface Inventory<Device extends DeviceWith<never> = PciDevice> {
  readonly host: {
    readonly label: string;
    /** The URI of the libvirt that told of it; left out where none was asked. */
    readonly libvirt?: string;
  };
  /** Ordered by address. */
  readonly devices: readonly Device[];
  /** Whether the kernel shows any IOMMU group. A device may still have none. Not known where nobody captured that. */
  readonly iommu: boolean | Unknown;
  /** What could not be made sense of. */
  readonly diagnostics: readonly Diagnostic[];
}
