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
  /** Whether it was named, or is included as a member of the group. */
  readonly asked: boolean;
  /** The reason, if it was not requested: a rule. */
  readonly why?: string;
  readonly notes: readonly PassthroughNote[];
}

/** The changes to the VMs of a libvirt. */
export interface MachinesSubject {
  /** The URI of the libvirt of the VMs. */
  readonly connect: string;
  /** The changes of each definition. */
  readonly assignments: readonly MachineAssignment[];
  /** The diagnostics about the VMs. */
  readonly machineDiagnostics: readonly Diagnostic[];
}

/** The subject of a proposal to assign devices, for any policy. */
export interface AssignmentSubject extends MachinesSubject {
  readonly scope: ChangeScope;
  /** The devices, with the members of their groups; for a pool the PF. */
  readonly devices: readonly ProposedDevice[];
  /** The changes of each selected running VM. */
  readonly attachments: readonly MachineAttachment[];
  /** The selected VMs that do not run: no device can be attached to them. */
  readonly skipped: readonly KnownMachine[];
  /** The VFs of the PF, and the VM of each; `null` for any other policy than `vf-pool`. */
  readonly pool: VfPoolProposal | null;
  /** The changes to persisted VFs; `null` if there are none. */
  readonly persistence: PersistPart | null;
  /** What happens to the VFs at the next boot: sentences. */
  readonly bootNotes: readonly string[];
  /** The devices that rules leave with the host; `null` without rules. */
  readonly left: readonly LeftDevice[] | null;
}
