import type { Known } from '../../base/known.ts';
import type { HostFacts } from '../../facts/host-facts.ts';
import type { HostUse } from '../../facts/host-use.ts';
import type { MachineNeeds } from '../../facts/machine-needs.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import type { Finding } from '../finding.ts';
import type { ValidatedDevice } from './validation-fields.ts';

/** A user with an own libvirt for VMs: its VMs can lock as much memory as the user. */
export interface LibvirtSession {
  readonly user: string;
  /** `null` for unlimited. */
  readonly lockLimitBytes: Known<number>;
}

/** All facts that rules read. */
export interface ValidatedHost {
  readonly facts: HostFacts;
  /** Every function; `null` if the host shows no PCI bus. */
  readonly devices: readonly ValidatedDevice[] | null;
  /**
   * The devices of the request, with the members of their groups; `null` for a request about the whole host. For
   * other devices, facts that are read from the device itself are unknown, and possibly all facts except those that
   * define groups.
   */
  readonly asked: readonly ValidatedDevice[] | null;
  /** The groups; where the question is about devices, perhaps only theirs and those that VFIO may have made up. */
  readonly groups: readonly IommuGroup<ValidatedDevice>[];
  /** How many other groups there are. */
  readonly plainGroups: number;
  readonly use: HostUse;
  /** Whether the kernel reports how devices can be reset (5.15 and newer do). */
  readonly tellsResetMethods: boolean;
  /** The defined VMs. */
  readonly machines: Known<readonly MachineNeeds[]>;
  /** `null` for the libvirt of the system, which runs as root. */
  readonly session: LibvirtSession | null;
  /** The drivers by which QEMU shares folders with VMs: `path` (9p), `virtiofs`. */
  readonly folderDrivers: Known<readonly string[]>;
  /**
   * The problems of the files that restore bindings and VFs at each boot, one sentence each; `null` if nothing is
   * persisted.
   */
  readonly persistence: Known<readonly string[]>;
  /** The safety findings that prevent taking the devices of the request. */
  readonly findings: ReadonlyMap<PciAddress, readonly Finding[]>;
}
