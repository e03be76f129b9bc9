import { knownValue } from '../../base/known.ts';
import { assignedNow, readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import type { AssignedDevice } from '../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import { parsePciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { findPersisted } from '../../pci/persisted/find-persisted.ts';
import { kinOf } from '../../pci/selector/concerned-devices.ts';
import { selectUnit } from '../../pci/selector/selector.ts';
import { assignmentTitle } from '../../plan/assignment/assignment-title.ts';
import {
  assignmentSteps,
  type DefinedMachine,
  devicesByOthers,
  type MachineAssignment,
  unassignFrom,
} from '../../plan/assignment/plan-assignment.ts';
import {
  attachmentSteps,
  detachFrom,
  type MachineAttachment,
} from '../../plan/assignment/plan-attachment.ts';
import { indexOf, vfPlacesOf } from '../../plan/assignment/vf-pool.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import { liveMachinesOf, NO_LIVE_MACHINES } from '../machines/live-machines.ts';
import {
  definedMachines,
  liveTargets,
  type MachineChoice,
  readableMachines,
  targetMachines,
  unreadableMachines,
} from '../machines/target-machines.ts';
import type { HostSession } from '../session/host-session.ts';
import { readMachinesHere, virshHere } from './assignment-host.ts';
import type { MachinesSubject } from './assignment-subject.ts';
import { type ChangeScope, type ScopeOptions, scopeOf } from './change-scope.ts';
import { readAssignmentState } from './hostdev-state.ts';
import { startHookSteps } from './start-hook.ts';

/** Options of `pci unassign`. */
export interface UnassignOptions extends ScopeOptions {
  /** Addresses, also of devices that no longer exist, or selectors that each mean one device, card or IOMMU group. */
  readonly devices: readonly string[];
  /** The VMs that lose them; all by default. */
  readonly from?: MachineChoice;
}

/** The subject of a proposal to remove devices from VMs. */
export interface UnassignmentSubject extends MachinesSubject {
  readonly scope: ChangeScope;
  /** Devices of VMs that another program added: they are unchanged. */
  readonly foreign: readonly MachineAssignment[];
  /** The changes of each running VM that has one of the devices. */
  readonly attachments: readonly MachineAttachment[];
  /** The selected VMs that do not run. */
  readonly skipped: readonly KnownMachine[];
  /** Whether VMs were selected, and not all are meant. */
  readonly isChosen: boolean;
  /** The number of VMs whose devices are unknown. */
  readonly unknown: number;
}

/**
 * Proposes to remove devices, with the other devices of their IOMMU groups, from the definitions of VMs, or from
 * running VMs.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, MACHINE_NOT_FOUND,
 * NOT_RUNNING, BAD_XML, and
 *   the errors of opening the host and asking its libvirt
 */
export async function proposeUnassignment(
  session: HostSession,
  options: UnassignOptions,
): Promise<HostProposal<UnassignmentSubject>> {
  const { devices: words, from = {} } = options;
  const scope = scopeOf(options);
  // Assigned devices are found again by their identity, which others of their kind may share.
  const virsh = virshHere(session);
  const { inventory } = await readAssignmentState(session, [], (all) =>
    kinOf(
      all,
      words.flatMap((word) => namedBy(word, all)),
    ),
  );
  const { devices } = inventory;
  const { machines, unread, diagnostics } = await readMachinesHere(session, virsh, 'edit', devices);
  const targets = scope.config ? (targetMachines(from, machines) ?? definedMachines(machines)) : [];
  const chosenNow = scope.live ? liveTargets(from, machines) : null;
  const now = scope.live ? liveMachinesOf(chosenNow ?? readableMachines(machines)) : NO_LIVE_MACHINES;
  const known = [...targets.flatMap(definedOf), ...now.running.flatMap(assignedNow)];
  const meanings = words.map((word) => meaningOf(word, devices, known));
  const isMeant = (each: AssignedDevice): boolean => meanings.some((means) => means(each));
  const changed = targets
    .map((machine) => unassignFrom(machine, withRecordedGroup(definedOf(machine), isMeant)))
    .filter(({ lost }) => lost.length > 0);
  const detached = now.running
    .map((machine) => detachFrom(machine, withGroupNow(assignedNow(machine), devices, isMeant)))
    .filter(({ lost }) => lost.length > 0);
  const unknown = unreadableMachines(machines).length + unread.length;
  // While any VM has, or may have, an assignment, the hook is needed.
  const isLeft =
    unknown > 0 ||
    definedMachines(machines).some((machine) => {
      const after = changed.find((each) => each.machine === machine)?.to;
      return (after ?? readAssigned(machine.definition.document)).devices.length > 0;
    });
  return proposalOf({
    plan: {
      title: assignmentTitle('unassign', lostOf(changed, detached), changed, detached),
      guards: [],
      steps: [
        ...changed.flatMap((each) => assignmentSteps(virsh.uri, each)),
        ...(changed.length === 0 || isLeft ? [] : startHookSteps(session, false)),
        ...detached.flatMap((each) => attachmentSteps(virsh.uri, each)),
      ],
    },
    findings: [],
    allowed: new Set(),
    subject: {
      ...{ connect: virsh.uri, machineDiagnostics: diagnostics, scope },
      assignments: changed,
      foreign: targets.flatMap((machine) => foreignIn(machine, words, devices)),
      attachments: detached,
      skipped: now.skipped.filter((machine) => !changed.some((each) => each.machine === machine)),
      isChosen: chosenNow !== null,
      unknown,
    },
    inventory,
    notes: poolNotes(changed, devices),
    diagnostics: [],
    changesOnlyMachines: true,
  });
}

/** The selected devices of a VM that another program added: they are reported, and unchanged. */
function foreignIn(
  machine: DefinedMachine,
  words: readonly string[],
  devices: readonly PciDevice[],
): readonly MachineAssignment[] {
  const from = readAssigned(machine.definition.document);
  const meant = new Set(
    words.flatMap((word) => parsePciAddress(word) ?? namedBy(word, devices).map(({ address }) => address)),
  );
  const byOthers = devicesByOthers(machine, from).filter((address) => meant.has(address));
  return byOthers.length === 0 ? [] : [{ machine, from, to: from, gained: [], lost: [], byOthers }];
}

/** The devices that a word names; none for an address that is no longer on the host. */
function namedBy(word: string, devices: readonly PciDevice[]): readonly PciDevice[] {
  const named = parsePciAddress(word);
  return named === undefined ? selectUnit(devices, word) : devices.filter(({ address }) => address === named);
}

function definedOf({ definition }: DefinedMachine): readonly AssignedDevice[] {
  return readAssigned(definition.document).devices;
}

/** The name of each device that a definition or a running VM loses: its address, or its alias if that is unknown. */
function lostOf(
  changed: readonly MachineAssignment[],
  detached: readonly MachineAttachment[],
): readonly string[] {
  const names = new Map([
    ...detached.flatMap(({ lost }) => lost.map(({ alias, address }) => [alias, address] as const)),
    ...changed.flatMap(({ lost }) =>
      lost.map((each) => [each.alias, addressOf(each) ?? each.alias] as const),
    ),
  ]);
  return [...names.values()];
}

/** The notes that VFs stay after VMs lost them. */
function poolNotes(changed: readonly MachineAssignment[], devices: readonly PciDevice[]): readonly string[] {
  const lost = changed
    .flatMap((each) => each.lost)
    .filter(({ assignment }) => assignment?.policy === 'vf-pool');
  const pfs = devices.filter((device) => {
    const role = knownValue(device.sriov);
    if (role?.role !== 'pf' || role.virtualFunctions.length === 0) return false;
    return lost.some((each) => indexOf(vfPlacesOf(device, role), each) !== null);
  });
  return pfs.map(
    ({ address }) => `the VFs of ${address} are kept; to remove them: pci sriov set ${address} --vfs 0`,
  );
}

type Meaning = (assigned: AssignedDevice) => boolean;

/**
 * The meaning of a word among the devices of VMs: a current address, or the address at an assignment; otherwise the
 * device that it selects, wherever it was then.
 */
function meaningOf(word: string, devices: readonly PciDevice[], known: readonly AssignedDevice[]): Meaning {
  const address = parsePciAddress(word);
  const named: Meaning = (each) =>
    address !== undefined && [addressOf(each), each.assignment?.device.address].includes(address);
  if (known.some(named)) return named;
  const meanings = selectUnit(devices, word).map((device) => meaningOfDevice(device, devices));
  return (each) => meanings.some((means) => means(each));
}

function meaningOfDevice(device: PciDevice, devices: readonly PciDevice[]): Meaning {
  const role = knownValue(device.sriov);
  const places = role?.role === 'pf' ? vfPlacesOf(device, role) : null;
  return (each) => {
    if (addressOf(each) === device.address) return true;
    // A running VM may have a VF without a record.
    if (places !== null && (each.assignment === null || each.assignment.policy === 'vf-pool')) {
      return indexOf(places, each) !== null;
    }
    if (each.assignment === null) return false;
    const { kind, device: found } = findPersisted(each.assignment.device, devices);
    return (kind === 'here' || kind === 'moved') && found === device;
  };
}

/** With the included members of the group at the time of the assignment. */
function withRecordedGroup(given: readonly AssignedDevice[], means: Meaning): Meaning {
  return (assigned) => {
    if (means(assigned)) return true;
    const group = assigned.assignment?.iommuGroup ?? null;
    return group !== null && given.some((each) => means(each) && each.assignment?.iommuGroup === group);
  };
}

/** With the VM's other devices of the same current group. */
function withGroupNow(
  given: readonly AssignedDevice[],
  devices: readonly PciDevice[],
  means: Meaning,
): Meaning {
  const groupOf = (each: AssignedDevice): number | undefined =>
    knownValue(devices.find(({ address }) => address === addressOf(each))?.iommuGroup ?? null);
  return (assigned) => {
    if (means(assigned)) return true;
    const group = groupOf(assigned);
    return group !== undefined && given.some((each) => means(each) && groupOf(each) === group);
  };
}
