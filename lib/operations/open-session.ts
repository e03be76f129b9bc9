import type { ApplyReport } from '../apply/apply-report.ts';
import type { LeftJournal } from '../apply/journal/journal-parser.ts';
import type { GuestAgent, GuestExit } from '../guest/agent/guest-agent.ts';
import type { HostPorts } from '../host/host-ports.ts';
import { livePorts } from '../host/live/live-ports.ts';
import type { AssignOptions } from './assignment/assign-options.ts';
import type { AssignmentSubject } from './assignment/assignment-subject.ts';
import type { AssignmentList, RepairSubject } from './assignment/assignments.ts';
import type { AssignByRulesOptions } from './assignment/propose-by-rules.ts';
import type { UnassignmentSubject, UnassignOptions } from './assignment/propose-unassignment.ts';
import type { BindingsAnswer } from './binding/list-bindings.ts';
import type { BindingSubject, BindOptions, UnbindOptions } from './binding/propose-binding.ts';
import type { ForgetSubject } from './binding/propose-forget.ts';
import type { RestoreBindingsSubject, RestoreOptions } from './binding/propose-restore-bindings.ts';
import type { ApplyProposalOptions } from './change/apply-proposal.ts';
import type { HostProposal } from './change/host-proposal.ts';
import type { PendingRecovery } from './change/pending-recovery.ts';
import type { ConsoleLogOptions } from './console/console-log.ts';
import type { OpenConsole, OpenConsoleOptions } from './console/open-console.ts';
import type { RelayOptions } from './console/relay-consoles.ts';
import type { ConsoleScriptOptions, ConsoleScriptResult } from './console/run-console-script.ts';
import type { CopiedFile, CopyFromGuestOptions, CopyToGuestOptions } from './guest/copy-files.ts';
import type { GuestCommandOptions } from './guest/exec-in-guest.ts';
import type { OpenAgentOptions } from './guest/open-agent.ts';
import { LookingSession } from './looking-session.ts';
import { MachineSession } from './machine-session.ts';
import type { ListMachinesOptions, MachineList } from './machines/list-machines.ts';
import type { TaggingSubject, TagOptions } from './machines/propose-tagging.ts';
import type { MachineChoice } from './machines/target-machines.ts';
import type { PolicyOptions, PolicySubject } from './policy/propose-policy.ts';
import type { RecoveredHost, RecoverHostOptions } from './recovery/recover-host.ts';
import { HostSession, type SessionOptions } from './session/host-session.ts';
import type { ListPfsOptions, PfsAnswer } from './sriov/list-pfs.ts';
import type { RestoreVfsSubject } from './sriov/propose-restore-vfs.ts';
import type { SetVfsOptions, SetVfsSubject } from './sriov/propose-vfs.ts';
import { BootSession, ImageSession } from './store-session.ts';
import type { FixOptions, FixSubject } from './validation/propose-fixes.ts';
import type { ValidateOptions, ValidationAnswer } from './validation/validate-host.ts';

/**
 * Opens a host to read and change it: this machine, or a captured host, which is read and never changed.
 *
 * @param ports the machine for all reads, runs and writes; this one by default
 * @throws PortalGunError NOT_FOUND, BAD_HOST, BAD_SNAPSHOT, PERMISSION_DENIED
 */
export async function openSession(
  options: SessionOptions = {},
  ports: HostPorts = livePorts(),
): Promise<Session> {
  const session = new HostSession(ports, options);
  // A host that cannot be opened is an error here, and not at the first question.
  void session.host;
  return new Session(session);
}

/**
 * The operations on a host: a method for each command of `pci`. A method for a change returns a proposal, which
 * changes nothing until it is applied.
 */
export class Session extends LookingSession {
  /** The machines that are defined by folders, in the project of the session. */
  readonly machines = new MachineSession(this.session);

  /** The kernels and initramfs images that machines start with. */
  readonly boot = new BootSession(this.session);

  /** The root images that machines have overlays of. */
  readonly images = new ImageSession(this.session);

  /** Proposes to give devices, and what their IOMMU groups demand, to a driver that gives them to VMs. */
  async bind(options: BindOptions): Promise<HostProposal<BindingSubject>> {
    const { proposeBind } = await import('./binding/propose-binding.ts');
    return proposeBind(this.session, options);
  }

  /** Proposes to return devices to their earlier drivers. */
  async unbind(options: UnbindOptions): Promise<HostProposal<BindingSubject>> {
    const { proposeUnbind } = await import('./binding/propose-binding.ts');
    return proposeUnbind(this.session, options);
  }

  /**
   * Proposes to assign devices, with the members of their IOMMU groups, to VMs: in their definitions, or with `live`
   * to running VMs. With the policy `vf-pool` each VM gets a VF of the device.
   */
  async assign(options: AssignOptions): Promise<HostProposal<AssignmentSubject>> {
    const { proposeAssignment } = await import('./assignment/propose-assignment.ts');
    return proposeAssignment(this.session, options);
  }

  /** Proposes to assign the devices of the whole host to the VMs of types, by rules. */
  async assignByRules(options: AssignByRulesOptions = {}): Promise<HostProposal<AssignmentSubject>> {
    const { proposeAssignmentByRules } = await import('./assignment/propose-by-rules.ts');
    return proposeAssignmentByRules(this.session, options);
  }

  /** Proposes to remove devices from the VMs that they were assigned to. */
  async unassign(options: UnassignOptions): Promise<HostProposal<UnassignmentSubject>> {
    const { proposeUnassignment } = await import('./assignment/propose-unassignment.ts');
    return proposeUnassignment(this.session, options);
  }

  /** Lists the assignments of VMs, and whether they are still as assigned; all VMs by default. */
  async assignments(choice: MachineChoice = {}): Promise<AssignmentList> {
    const { listAssignments } = await import('./assignment/assignments.ts');
    return listAssignments(this.session, choice);
  }

  /** Proposes to update the definitions of VMs to the current places of their devices. */
  async repairAssignments(choice: MachineChoice = {}): Promise<HostProposal<RepairSubject>> {
    const { proposeRepair } = await import('./assignment/assignments.ts');
    return proposeRepair(this.session, choice);
  }

  /**
   * Returns if a VM may start with the devices in its XML, for the libvirt hook.
   *
   * @throws PortalGunError START_REFUSED, BAD_XML
   */
  async guardStart(document: string | Uint8Array): Promise<void> {
    const { guardStart } = await import('./assignment/guard-start.ts');
    guardStart(this.session, document);
  }

  /** The VMs of the libvirt of the session, with and without a folder; all by default. */
  async vms(options: ListMachinesOptions = {}): Promise<MachineList> {
    const { listMachines } = await import('./machines/list-machines.ts');
    return listMachines(this.session, options);
  }

  /** Proposes to set or remove the category of VMs. */
  async tag(options: TagOptions): Promise<HostProposal<TaggingSubject>> {
    const { proposeTagging } = await import('./machines/propose-tagging.ts');
    return proposeTagging(this.session, options);
  }

  /** Opens the serial console of a running or paused VM, which one process at a time can have open; close it. */
  async openConsole(options: OpenConsoleOptions): Promise<OpenConsole> {
    const { openConsole } = await import('./console/open-console.ts');
    return openConsole(this.session, options);
  }

  /** Reads what the serial console of a VM printed, in pieces, from its log. */
  async *consoleLog(options: ConsoleLogOptions): AsyncGenerator<Uint8Array> {
    const { readConsoleLog } = await import('./console/console-log.ts');
    yield* readConsoleLog(this.session, options);
  }

  /** Connects ports of a running VM with the consoles of other machines, until the VM stops. */
  async relayConsoles(options: RelayOptions): Promise<void> {
    const { relayConsoles } = await import('./console/relay-consoles.ts');
    return relayConsoles(this.session, options);
  }

  /** Runs a script of steps that expect and send on the serial console of a VM. */
  async runConsoleScript(options: ConsoleScriptOptions): Promise<ConsoleScriptResult> {
    const { runConsoleScript } = await import('./console/run-console-script.ts');
    return runConsoleScript(this.session, options);
  }

  /** Opens a session with the agent of a running VM, which one process at a time can have open; close it. */
  async openAgent(options: OpenAgentOptions): Promise<GuestAgent> {
    const { openAgent } = await import('./guest/open-agent.ts');
    return openAgent(this.session, options);
  }

  /** Runs a command in a running guest, as its root, through its agent. */
  async execInGuest(options: GuestCommandOptions): Promise<GuestExit> {
    const { execInGuest } = await import('./guest/exec-in-guest.ts');
    return execInGuest(this.session, options);
  }

  /** Copies a file of this host into a running guest, through its agent. */
  async copyToGuest(options: CopyToGuestOptions): Promise<CopiedFile> {
    const { copyToGuest } = await import('./guest/copy-files.ts');
    return copyToGuest(this.session, options);
  }

  /** Copies a file of a running guest to this host, through its agent. */
  async copyFromGuest(options: CopyFromGuestOptions): Promise<CopiedFile> {
    const { copyFromGuest } = await import('./guest/copy-files.ts');
    return copyFromGuest(this.session, options);
  }

  /** Lists what is bound at each boot, and whether it is so now. */
  async bindings(): Promise<BindingsAnswer> {
    const { listBindings } = await import('./binding/list-bindings.ts');
    return listBindings(this.session);
  }

  /** Proposes to bind persisted devices that are not bound; uncertain devices, and those in use, are left. */
  async restoreBindings(options: RestoreOptions = {}): Promise<HostProposal<RestoreBindingsSubject>> {
    const { proposeRestoreBindings } = await import('./binding/propose-restore-bindings.ts');
    return proposeRestoreBindings(this.session, options);
  }

  /** Proposes to remove persisted bindings, by their recorded addresses. */
  async forgetBindings(addresses: readonly string[]): Promise<HostProposal<ForgetSubject>> {
    const { proposeForgetBindings } = await import('./binding/propose-forget.ts');
    return proposeForgetBindings(this.session, addresses);
  }

  /** Lists PFs with their VFs and settings. */
  async sriov(options: ListPfsOptions = {}): Promise<PfsAnswer> {
    const { listPfs } = await import('./sriov/list-pfs.ts');
    return listPfs(this.session, options);
  }

  /** Proposes to set the number of VFs of a PF, and their settings. */
  async setVfs(options: SetVfsOptions): Promise<HostProposal<SetVfsSubject>> {
    const { proposeVfs } = await import('./sriov/propose-vfs.ts');
    return proposeVfs(this.session, options);
  }

  /** Proposes to create and configure persisted VFs that are not in force; uncertain PFs, and VFs in use, are left. */
  async restoreVfs(options: RestoreOptions = {}): Promise<HostProposal<RestoreVfsSubject>> {
    const { proposeRestoreVfs } = await import('./sriov/propose-restore-vfs.ts');
    return proposeRestoreVfs(this.session, options);
  }

  /** Proposes to remove PFs with persisted VFs, by their recorded addresses. */
  async forgetVfs(addresses: readonly string[]): Promise<HostProposal<ForgetSubject>> {
    const { proposeForgetVfs } = await import('./binding/propose-forget.ts');
    return proposeForgetVfs(this.session, addresses);
  }

  /** Proposes to apply a policy to the host; postponed entries need another proposal, after the VFs exist. */
  async applyPolicy(options: PolicyOptions): Promise<HostProposal<PolicySubject>> {
    const { proposePolicy } = await import('./policy/propose-policy.ts');
    return proposePolicy(this.session, options);
  }

  /** Validates whether the host supports the requested purposes. */
  async validate(options: ValidateOptions = {}): Promise<ValidationAnswer> {
    const { validate } = await import('./validation/validate-host.ts');
    return validate(this.session, options);
  }

  /** Proposes to fix failed checks of a request, if the fix is certain. */
  async fix(options: FixOptions = {}): Promise<HostProposal<FixSubject>> {
    const { proposeFixes } = await import('./validation/propose-fixes.ts');
    return proposeFixes(this.session, options);
  }

  /** Lists the changes that were interrupted, or await confirmation. */
  async journals(): Promise<PendingRecovery> {
    const { readPendingRecovery } = await import('./change/pending-recovery.ts');
    return readPendingRecovery(this.session);
  }

  /**
   * Undoes, or finishes, changes that were interrupted or not confirmed, as root; and reports the remaining tasks of
   * the user.
   */
  async recover(options: RecoverHostOptions = {}): Promise<RecoveredHost> {
    const { recoverHost } = await import('./recovery/recover-host.ts');
    return recoverHost(this.session, options);
  }

  /** Keeps the changes that await confirmation, as root, and returns them. */
  async confirm(): Promise<readonly LeftJournal[]> {
    const { confirmChanges } = await import('./recovery/confirm-changes.ts');
    return confirmChanges(this.session);
  }

  /** Applies a proposal of this session: as root, holding the lock of the machine, with a journal. */
  async apply(proposal: HostProposal, options: ApplyProposalOptions = {}): Promise<ApplyReport> {
    const { applyProposal } = await import('./change/apply-proposal.ts');
    return applyProposal(this.session, proposal, options);
  }
}
