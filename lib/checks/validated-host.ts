import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';
import type { HostFacts } from '../pci/host-facts.ts';
import type { HostUse } from '../pci/host-use.ts';
import type { IommuGroup } from '../pci/iommu-group.ts';
import type { MachineNeeds } from '../pci/machine-needs.ts';
import type { Finding } from './finding.ts';

/** All that rules look at. */
export interface ValidatedHost {
  readonly facts: HostFacts;
  /** Every function, with the facts of `VALIDATION_FIELDS`; `null` where the host shows no PCI bus. */
  readonly devices: readonly PciDevice[] | null;
  readonly groups: readonly IommuGroup[];
  readonly use: HostUse;
  /** Whether the kernel says how devices can be reset (5.15 and later do). */
  readonly tellsResetMethods: boolean;
  /** The machines that are defined. */
  readonly machines: Known<readonly MachineNeeds[]>;
  /** By which drivers QEMU shares folders with machines: `path` (9p), `virtiofs`. */
  readonly folderDrivers: Known<readonly string[]>;
  /** What of the files by which bindings and VFs outlive a boot is not as it shall be, a sentence each; `null` where none do. */
  readonly persistence: Known<readonly string[]>;
  /** What speaks against taking devices that are asked about, by the safety rules. */
  readonly findings: ReadonlyMap<PciAddress, readonly Finding[]>;
}
