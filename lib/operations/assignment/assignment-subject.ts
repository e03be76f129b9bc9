import type { Diagnostic } from '../../base/diagnostic.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import type { PciDevice } from '../../pci/device.ts';
import type { PassthroughNote } from '../../pci/group/passthrough.ts';
import type { LeftDevice } from '../../plan/assignment/assignment-rules.ts';
import type { MachineAssignment } from '../../plan/assignment/plan-assignment.ts';
import type { MachineAttachment } from '../../plan/assignment/plan-attachment.ts';
import type { VfPoolProposal } from '../../plan/assignment/plan-vf-pool.ts';
import type { PersistPart } from '../binding/persist-part.ts';
import type { ChangeScope } from './change-scope.ts';

/** A device that is assigned to VMs, with notes on it. */
export interface ProposedDevice {
  readonly device: PciDevice;
  /** Whether it was named, or goes along as a member of the group. */
  readonly asked: boolean;
  /** Why it goes, if nobody asked for it: a rule. */
  readonly why?: string;
  readonly notes: readonly PassthroughNote[];
}

/** The changes to the VMs of a libvirt. */
export interface MachinesSubject {
  /** The URI of the libvirt that has the VMs. */
  readonly connect: string;
  /** What becomes of each definition. */
  readonly assignments: readonly MachineAssignment[];
  /** What was met among the VMs. */
  readonly machineDiagnostics: readonly Diagnostic[];
}

/** The subject of a proposal to assign devices, for any policy. */
export interface AssignmentSubject extends MachinesSubject {
  readonly scope: ChangeScope;
  /** The devices, with the members of their groups; of a pool the PF. */
  readonly devices: readonly ProposedDevice[];
  /** What becomes of each VM that is meant and runs. */
  readonly attachments: readonly MachineAttachment[];
  /** The VMs that are meant, and do not run: nothing can be plugged into them. */
  readonly skipped: readonly KnownMachine[];
  /** The VFs of the PF, and which VM gets which; `null` for any other policy than `vf-pool`. */
  readonly pool: VfPoolProposal | null;
  /** What outlives a boot of the VFs; `null` if that is not changed. */
  readonly persistence: PersistPart | null;
  /** What the VFs come to at the next boot: sentences. */
  readonly bootNotes: readonly string[];
  /** The devices that rules leave with the host; `null` if no rules decided. */
  readonly left: readonly LeftDevice[] | null;
}
