import type { Known } from '../../base/known.ts';
import type { HostFacts } from '../../facts/host-facts.ts';
import type { HostUse } from '../../facts/host-use.ts';
import type { MachineNeeds } from '../../facts/machine-needs.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import type { Finding } from '../finding.ts';
import type { ValidatedDevice } from './validation-fields.ts';

/** A user whose own libvirt is asked about machines: what it may lock for them is what the user may. */
export interface LibvirtSession {
  readonly user: string;
  /** `null` for as much as there is. */
  readonly lockLimitBytes: Known<number>;
}

/** All that rules look at. */
export interface ValidatedHost {
  readonly facts: HostFacts;
  /** Every function; `null` where the host shows no PCI bus. */
  readonly devices: readonly ValidatedDevice[] | null;
  /**
   * The devices that the question is about, with the members of their groups; `null` where it is about the whole host. Of other
   * devices nothing is known that only the device itself gives, and perhaps no more than what decides which go together.
   */
  readonly asked: readonly ValidatedDevice[] | null;
  /** The groups; where the question is about devices, perhaps only theirs and those that VFIO may have made up. */
  readonly groups: readonly IommuGroup<ValidatedDevice>[];
  /** How many other groups there are. */
  readonly plainGroups: number;
  readonly use: HostUse;
  /** Whether the kernel says how devices can be reset (5.15 and later do). */
  readonly tellsResetMethods: boolean;
  /** The machines that are defined. */
  readonly machines: Known<readonly MachineNeeds[]>;
  /** `null` where they are those of the system's libvirt, which is root. */
  readonly session: LibvirtSession | null;
  /** By which drivers QEMU shares folders with machines: `path` (9p), `virtiofs`. */
  readonly folderDrivers: Known<readonly string[]>;
  /** What of the files by which bindings and VFs outlive a boot is not as it shall be, a sentence each; `null` where none do. */
  readonly persistence: Known<readonly string[]>;
  /** What speaks against taking devices that are asked about, by the safety rules. */
  readonly findings: ReadonlyMap<PciAddress, readonly Finding[]>;
}
