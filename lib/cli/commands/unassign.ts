import { knownValue } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { assignedNow, readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import type { AssignedDevice } from '../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import { parsePciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { findPersisted } from '../../pci/persisted/find-persisted.ts';
import { kinOf } from '../../pci/selector/concerned-devices.ts';
import { selectUnit } from '../../pci/selector/selector.ts';
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
import { releaseHint } from '../../plan/release-hint.ts';
import {
  assignmentDetails,
  assignmentTitle,
  renderAssignments,
} from '../../render/machine/assignment-text.ts';
import { attachmentDetails, renderAttachments } from '../../render/machine/attachment-text.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import { assignmentRemarks, readAssignmentState } from '../assignment-state.ts';
import type { ScopeValues } from '../change-scope.ts';
import { scopeOf } from '../change-scope.ts';
import type { CommandResult } from '../grammar/command.ts';
import { liveMachinesOf, NO_LIVE_MACHINES } from '../live-machines.ts';
import type { ReadingValues } from '../reading-options.ts';
import { sessionOf } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { startHookSteps } from '../start-hook.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { LibvirtValues } from '../tables/libvirt-options.ts';
import type { MachineValues } from '../tables/machine-options.ts';
import {
  definedMachines,
  liveTargets,
  readableMachines,
  targetMachines,
  unreadableMachines,
} from '../target-machines.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface UnassignValues
  extends MachineValues,
    ScopeValues,
    Pick<ChangingValues, 'dryRun' | 'script' | 'yes'>,
    Pick<LibvirtValues, 'connect'>,
    ReadingValues {
  readonly devices: readonly string[];
}

/** `pci unassign`: takes out of definitions, and out of machines that run, what `pci assign` put there. */
export async function runUnassign(
  args: UnassignValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const scope = scopeOf(args);
  const words = args.devices;
  // Devices that were assigned are known again by their identity, which others of their kind may have as well.
  const state = await readAssignmentState(args, [], (all) =>
    kinOf(
      all,
      words.flatMap((word) => namedBy(word, all)),
    ),
  );
  const { host, virsh, handing } = state;
  const { inventory } = handing;
  const { devices } = inventory;
  const { machines, unread, diagnostics } = await readMachines(virsh, 'edit', hostLookup(host, devices));
  const targets = scope.config ? (targetMachines(args, machines) ?? definedMachines(machines)) : [];
  const now = scope.live
    ? liveMachinesOf(liveTargets(args, machines) ?? readableMachines(machines))
    : NO_LIVE_MACHINES;
  const known = [...targets.flatMap(definedOf), ...now.running.flatMap(assignedNow)];
  const meanings = words.map((word) => meaningOf(word, devices, known));
  const isMeant = (each: AssignedDevice): boolean => meanings.some((means) => means(each));
  const changed = targets
    .map((machine) => unassignFrom(machine, withRecordedGroup(definedOf(machine), isMeant)))
    .filter(({ lost }) => lost.length > 0);
  const detached = now.running
    .map((machine) => detachFrom(machine, withGroupNow(assignedNow(machine), devices, isMeant)))
    .filter(({ lost }) => lost.length > 0);
  const foreign = targets.flatMap((machine) => foreignIn(machine, words, devices));
  const unknown = unreadableMachines(machines).length + unread.length;
  // As long as anything is, or may be, assigned to a machine, its start is looked at.
  const isLeft =
    unknown > 0 ||
    definedMachines(machines).some((machine) => {
      const after = changed.find((each) => each.machine === machine)?.to;
      return (after ?? readAssigned(machine.definition.document)).devices.length > 0;
    });
  const skipped = now.skipped.filter((machine) => !changed.some((each) => each.machine === machine));
  return runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan: {
          title: assignmentTitle('Take', lostOf(changed, detached), changed, detached),
          guards: [],
          steps: [
            ...changed.flatMap((each) => assignmentSteps(virsh.uri, each)),
            ...(changed.length === 0 || isLeft ? [] : startHookSteps(args, host, false)),
            ...detached.flatMap((each) => attachmentSteps(virsh.uri, each)),
          ],
        },
        findings: [],
        allowed: new Set(),
        subject: null,
        inventory,
        diagnostics: [],
        changesOnlyMachines: true,
      }),
      overview: (width) =>
        renderAssignments(
          [],
          [...changed, ...foreign],
          width,
          renderAttachments(detached, liveTargets(args, machines) === null ? [] : skipped, width),
        ),
      details: {
        ...assignmentDetails(virsh.uri, [], [...changed, ...foreign], diagnostics),
        ...attachmentDetails(scope.live, detached, skipped),
      },
      remarks: assignmentRemarks(args, state, [], diagnostics) + poolRemark(changed, inventory),
      nothingToDo: `No machine ${scope.config ? 'is given that' : 'that runs has that'} by pci assign${unknown === 0 ? '' : ', as far as can be told'}.\n${foreign.map(foreignLine).join('')}Nothing to do.\n`,
    },
    args,
    terminal,
    dialogue,
  );
}

/** What a machine has of the devices that are meant by somebody else's hand: it is said, and left. */
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

/** The devices that a word names; none for an address that is not on the host any more. */
function namedBy(word: string, devices: readonly PciDevice[]): readonly PciDevice[] {
  const named = parsePciAddress(word);
  return named === undefined ? selectUnit(devices, word) : devices.filter(({ address }) => address === named);
}

function foreignLine({ machine, byOthers }: MachineAssignment): string {
  const [first] = byOthers;
  const hint = first === undefined ? '' : releaseHint(machine, first);
  return `${escapeControls(machine.name)} has ${byOthers.join(', ')}: ${escapeControls(hint)}.\n`;
}

function definedOf({ definition }: DefinedMachine): readonly AssignedDevice[] {
  return readAssigned(definition.document).devices;
}

function lostOf(changed: readonly MachineAssignment[], detached: readonly MachineAttachment[]): number {
  return new Set([
    ...changed.flatMap(({ lost }) => lost.map(({ alias }) => alias)),
    ...detached.flatMap(({ lost }) => lost.map(({ alias }) => alias)),
  ]).size;
}

/** For standard error: that VFs which machines do not have any more stay. */
function poolRemark(changed: readonly MachineAssignment[], { devices }: Inventory): string {
  const lost = changed
    .flatMap((each) => each.lost)
    .filter(({ assignment }) => assignment?.policy === 'vf-pool');
  const pfs = devices.filter((device) => {
    const role = knownValue(device.sriov);
    if (role?.role !== 'pf' || role.virtualFunctions.length === 0) return false;
    return lost.some((each) => indexOf(vfPlacesOf(device, role), each) !== null);
  });
  return pfs
    .map(
      ({ address }) =>
        `pci: note: the VFs of ${address} stay; pci sriov set ${address} --vfs 0 takes them away\n`,
    )
    .join('');
}

type Meaning = (assigned: AssignedDevice) => boolean;

/**
 * What a word means of what machines are given or have: an address of now, or one that a device was assigned with; else the
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
    // What runs may have a VF without anything being kept of it.
    if (places !== null && (each.assignment === null || each.assignment.policy === 'vf-pool')) {
      return indexOf(places, each) !== null;
    }
    if (each.assignment === null) return false;
    const { kind, device: found } = findPersisted(each.assignment.device, devices);
    return (kind === 'here' || kind === 'moved') && found === device;
  };
}

/** With what went along as a member of the group, as it was then. */
function withRecordedGroup(given: readonly AssignedDevice[], means: Meaning): Meaning {
  return (assigned) => {
    if (means(assigned)) return true;
    const group = assigned.assignment?.iommuGroup ?? null;
    return group !== null && given.some((each) => means(each) && each.assignment?.iommuGroup === group);
  };
}

/** With what a machine has of the same group, as it is now. */
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
