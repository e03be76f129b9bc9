import type { ApplyReport } from '../apply/apply-report.ts';
import type { HostPorts } from '../host/host-ports.ts';
import { livePorts } from '../host/live/live-ports.ts';
import type { AssignOptions } from './assignment/assign-options.ts';
import type { AssignmentSubject } from './assignment/assignment-subject.ts';
import type { AssignmentList, RepairSubject } from './assignment/assignments.ts';
import type { HostdevChoice } from './assignment/hostdev-options.ts';
import type { AssignByRulesOptions } from './assignment/propose-by-rules.ts';
import type { UnassignmentSubject, UnassignOptions } from './assignment/propose-unassignment.ts';
import type { BindingSubject, BindOptions, UnbindOptions } from './binding/propose-binding.ts';
import type { ApplyProposalOptions } from './change/apply-proposal.ts';
import type { HostProposal } from './change/host-proposal.ts';
import type { CapturedHost, SnapshotOptions } from './inventory/capture-snapshot.ts';
import type { HostComparison } from './inventory/compare-hosts.ts';
import type { SelectedView } from './inventory/host-view.ts';
import type { ListOptions } from './inventory/list-devices.ts';
import type { GroupsOptions, ListedGroups } from './inventory/list-groups.ts';
import type { ShownDevice } from './inventory/show-device.ts';
import type { ShownTree } from './inventory/show-tree.ts';
import type { ListMachinesOptions, MachineList } from './machines/list-machines.ts';
import type { TaggingSubject, TagOptions } from './machines/propose-tagging.ts';
import type { MachineChoice } from './machines/target-machines.ts';
import type { DumpedRom, DumpRomOptions } from './rom/dump-rom.ts';
import type { RomFile, RomInspection } from './rom/inspect-rom.ts';
import type { ListedRoms, RomsOptions } from './rom/list-roms.ts';
import type { RomReadingOptions } from './rom/read-roms.ts';
import { HostSession, type SessionOptions } from './session/host-session.ts';
import type { AllDevicesXml } from './xml/all-devices-xml.ts';
import type { DeviceXml, XmlOptions } from './xml/device-xml.ts';
import type { PoolXmlOptions } from './xml/pool-xml.ts';

/**
 * Opens a host to read and change it: this machine, or a captured host, which is read and never changed.
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
 * The operations on a host: a method for each command of `pci`. One that changes something gives a proposal, which
 * changes nothing until it is applied.
 */
export class Session {
  readonly #session: HostSession;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /** Lists the devices that selectors mean, all if there are none: with all facts, or those that are asked for. */
  async list(selectors: readonly string[] = [], options: ListOptions = {}): Promise<SelectedView> {
    const { listDevices } = await import('./inventory/list-devices.ts');
    return listDevices(this.#session, selectors, options);
  }

  /** Shows one device with all that is known of it, and what it would take to pass it through to a VM. */
  async show(device: string): Promise<ShownDevice> {
    const { showDevice } = await import('./inventory/show-device.ts');
    return showDevice(this.#session, device);
  }

  /** Lists the IOMMU groups of the devices that selectors mean, all if there are none, and whether each can be given to a VM. */
  async groups(selectors: readonly string[] = [], options: GroupsOptions = {}): Promise<ListedGroups> {
    const { listGroups } = await import('./inventory/list-groups.ts');
    return listGroups(this.#session, selectors, options);
  }

  /** Shows the devices that selectors mean, all if there are none, below the bridges that lead to them. */
  async tree(selectors: readonly string[] = []): Promise<ShownTree> {
    const { showTree } = await import('./inventory/show-tree.ts');
    return showTree(this.#session, selectors);
  }

  /** Compares the devices of this host with those of another, or of the same at an earlier time: a session with its snapshot. */
  async diff(before: Session): Promise<HostComparison> {
    const { compareHosts } = await import('./inventory/compare-hosts.ts');
    return compareHosts(before.#session, this.#session);
  }

  /** Captures all that is ever read of the host: what `host` of another session takes, if it is written to a file. */
  async snapshot(options: SnapshotOptions = {}): Promise<CapturedHost> {
    const { captureSnapshot } = await import('./inventory/capture-snapshot.ts');
    return captureSnapshot(this.#session, options);
  }

  /** Lists those of the devices that selectors mean, all if there are none, that have an option ROM; reads them if that is asked for. */
  async roms(selectors: readonly string[] = [], options: RomsOptions = {}): Promise<ListedRoms> {
    const { listRoms } = await import('./rom/list-roms.ts');
    return listRoms(this.#session, selectors, options);
  }

  /** Reads the option ROM of one device of this machine, as root, and looks into it. */
  async inspectRom(device: string, options: RomReadingOptions = {}): Promise<RomInspection> {
    const { inspectRom } = await import('./rom/inspect-rom.ts');
    return inspectRom(this.#session, device, options);
  }

  /** Looks into an option ROM that is in a file, and judges it for a device of the host. */
  async inspectRomFile(file: RomFile): Promise<RomInspection> {
    const { inspectRomFile } = await import('./rom/inspect-rom.ts');
    return inspectRomFile(this.#session, file);
  }

  /** Reads the option ROM of one device of this machine, as root, and writes it to a file. */
  async dumpRom(options: DumpRomOptions): Promise<DumpedRom> {
    const { dumpRom } = await import('./rom/dump-rom.ts');
    return dumpRom(this.#session, options);
  }

  /** Writes the libvirt XML that gives devices to a machine. */
  async xml(options: XmlOptions): Promise<DeviceXml> {
    const { deviceXml } = await import('./xml/device-xml.ts');
    return deviceXml(this.#session, options);
  }

  /** Writes the libvirt XML of a network that hands out virtual functions. */
  async poolXml(options: PoolXmlOptions): Promise<DeviceXml> {
    const { poolXml } = await import('./xml/pool-xml.ts');
    return poolXml(this.#session, options);
  }

  /** Writes the libvirt XML for each device that a machine can have. */
  async allXml(options: HostdevChoice = {}): Promise<AllDevicesXml> {
    const { allDevicesXml } = await import('./xml/all-devices-xml.ts');
    return allDevicesXml(this.#session, options);
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
