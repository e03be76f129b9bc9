import type { ApplyReport } from '../apply/apply-report.ts';
import type { HostPorts } from '../host/host-ports.ts';
import { livePorts } from '../host/live/live-ports.ts';
import type { AssignOptions } from './assignment/assign-options.ts';
import type { AssignmentSubject } from './assignment/assignment-subject.ts';
import type { AssignmentList, RepairSubject } from './assignment/assignments.ts';
import type { AssignByRulesOptions } from './assignment/propose-by-rules.ts';
import type { UnassignmentSubject, UnassignOptions } from './assignment/propose-unassignment.ts';
import type { BindingSubject, BindOptions, UnbindOptions } from './binding/propose-binding.ts';
import type { ApplyProposalOptions } from './change/apply-proposal.ts';
import type { HostProposal } from './change/host-proposal.ts';
import type { ListMachinesOptions, MachineList } from './machines/list-machines.ts';
import type { TaggingSubject, TagOptions } from './machines/propose-tagging.ts';
import type { MachineChoice } from './machines/target-machines.ts';
import { HostSession, type SessionOptions } from './session/host-session.ts';

/**
 * Opens a host to ask about it and to change it: this machine, or a captured host, which is read and never changed.
 *
 * @param ports the machine that everything is read, run and written on; this one by default
 * @throws PortalGunError NOT_FOUND, BAD_HOST, BAD_SNAPSHOT, PERMISSION_DENIED
 */
export async function openSession(
  options: SessionOptions = {},
  ports: HostPorts = livePorts(),
): Promise<Session> {
  const session = new HostSession(ports, options);
  // A host that cannot be opened is said here, not with the first question.
  void session.host;
  return new Session(session);
}

/**
 * What can be asked of a host: a method for each command of `pci`. One that changes something gives a proposal, which changes nothing
 * until it is applied.
 */
export class Session {
  readonly #session: HostSession;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /** Proposes to give devices, and what their IOMMU groups demand, to a driver that gives them to VMs. */
  async bind(options: BindOptions): Promise<HostProposal<BindingSubject>> {
    const { proposeBind } = await import('./binding/propose-binding.ts');
    return proposeBind(this.#session, options);
  }

  /** Proposes to give devices back to the drivers that they had. */
  async unbind(options: UnbindOptions): Promise<HostProposal<BindingSubject>> {
    const { proposeUnbind } = await import('./binding/propose-binding.ts');
    return proposeUnbind(this.#session, options);
  }

  /**
   * Proposes to give devices, with the members of their IOMMU groups, to VMs: in their definitions, with `live` as they run. With the
   * policy `vf-pool` each VM gets a VF of the device.
   */
  async assign(options: AssignOptions): Promise<HostProposal<AssignmentSubject>> {
    const { proposeAssignment } = await import('./assignment/propose-assignment.ts');
    return proposeAssignment(this.#session, options);
  }

  /** Proposes to share out the devices of the whole host to the VMs of types, by rules. */
  async assignByRules(options: AssignByRulesOptions = {}): Promise<HostProposal<AssignmentSubject>> {
    const { proposeAssignmentByRules } = await import('./assignment/propose-by-rules.ts');
    return proposeAssignmentByRules(this.#session, options);
  }

  /** Proposes to take devices out of the VMs that they were assigned to. */
  async unassign(options: UnassignOptions): Promise<HostProposal<UnassignmentSubject>> {
    const { proposeUnassignment } = await import('./assignment/propose-unassignment.ts');
    return proposeUnassignment(this.#session, options);
  }

  /** Which VM was given what, and whether that is still so; all VMs by default. */
  async assignments(choice: MachineChoice = {}): Promise<AssignmentList> {
    const { listAssignments } = await import('./assignment/assignments.ts');
    return listAssignments(this.#session, choice);
  }

  /** Proposes to point the definitions of VMs at where their devices are now. */
  async repairAssignments(choice: MachineChoice = {}): Promise<HostProposal<RepairSubject>> {
    const { proposeRepair } = await import('./assignment/assignments.ts');
    return proposeRepair(this.#session, choice);
  }

  /**
   * Returns if a VM may start with the devices that its document gives it, as libvirt's hook asks.
   *
   * @throws PortalGunError START_REFUSED, BAD_XML
   */
  async guardStart(document: string | Uint8Array): Promise<void> {
    const { guardStart } = await import('./assignment/guard-start.ts');
    guardStart(this.#session, document);
  }

  /** The VMs of the libvirt of the session; all by default. */
  async machines(options: ListMachinesOptions = {}): Promise<MachineList> {
    const { listMachines } = await import('./machines/list-machines.ts');
    return listMachines(this.#session, options);
  }

  /** Proposes a category for VMs, or to remove theirs. */
  async tag(options: TagOptions): Promise<HostProposal<TaggingSubject>> {
    const { proposeTagging } = await import('./machines/propose-tagging.ts');
    return proposeTagging(this.#session, options);
  }

  /** Applies a proposal of this session: as root, holding the lock of the machine, with a journal. */
  async apply(proposal: HostProposal, options: ApplyProposalOptions = {}): Promise<ApplyReport> {
    const { applyProposal } = await import('./change/apply-proposal.ts');
    return applyProposal(this.#session, proposal, options);
  }
}
