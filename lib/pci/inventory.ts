import type { Diagnostic } from '../base/diagnostic.ts';
import type { Unknown } from '../base/known.ts';
import type { DeviceWith, PciDevice } from './device.ts';

/** The PCI functions of a host, with the facts that were read. */
export interface Inventory<Device extends DeviceWith<never> = PciDevice> {
  readonly host: {
    readonly label: string;
    /** The URI of the libvirt that reported it; omitted if libvirt was not asked. */
    readonly libvirt?: string;
  };
  /** Ordered by address. */
  readonly devices: readonly Device[];
  /**
   * Whether the kernel has any IOMMU group. A device may still have none. Unknown if the snapshot does not contain
   * it.
   */
  readonly iommu: boolean | Unknown;
  /** The invalid data that was found. */
  readonly diagnostics: readonly Diagnostic[];
}
