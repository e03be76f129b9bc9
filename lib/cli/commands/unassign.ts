import { knownValue } from '../../base/known.ts';
import { readAssigned } from '../../libvirt/assigned-devices.ts';
import type { AssignedDevice } from '../../libvirt/assignment.ts';
import { readMachines } from '../../libvirt/read-machines.ts';
import { parsePciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { findPersisted } from '../../pci/find-persisted.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { selectOne } from '../../pci/selector.ts';
import {
  addressOf,
  assignmentSteps,
  type DefinedMachine,
  type MachineAssignment,
  unassignFrom,
} from '../../plan/plan-assignment.ts';
import { indexOf, vfPlacesOf } from '../../plan/vf-pool.ts';
import { assignmentDetails, assignmentTitle, renderAssignments } from '../../render/assignment-text.ts';
import { assignmentRemarks, readAssignmentSituation } from '../assignment-situation.ts';
import { type Arguments, type CommandResult, stringsOf } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import { runProposal } from '../run-proposal.ts';
import { startHookSteps } from '../start-hook.ts';
import { definedMachines, targetMachines, unreadableMachines } from '../target-machines.ts';
import type { Terminal } from '../terminal.ts';

/** `pci unassign`: takes out of definitions what `pci assign` wrote into them. */
export async function runUnassign(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const situation = await readAssignmentSituation(args, []);
  const { host, virsh, handing } = situation;
  const { inventory } = handing;
  const { machines, unread, diagnostics } = await readMachines(virsh, 'edit');
  const targets = targetMachines(args, machines) ?? definedMachines(machines);
  const words = stringsOf(args, 'devices');
  const meanings = words.map((word) => meaningOf(word, inventory.devices, targets));
  const assignments = targets.map((machine) =>
    unassignFrom(machine, (each) => meanings.some((means) => means(machine, each))),
  );
  const changed = assignments.filter(({ lost }) => lost.length > 0);
  const unknown = unreadableMachines(machines).length + unread.length;
  // As long as anything is, or may be, assigned to a machine, its start is looked at.
  const isLeft =
    unknown > 0 ||
    definedMachines(machines).some((machine) => {
      const after = changed.find((each) => each.machine === machine)?.to;
      return (after ?? readAssigned(machine.definition.document)).devices.length > 0;
    });
  const lost = new Set(changed.flatMap((each) => each.lost.map(({ alias }) => alias)));
  return runProposal(
    {
      proposal: {
        plan: {
          title: assignmentTitle('Take', lost.size, changed),
          guards: [],
          steps: [
            ...changed.flatMap((each) => assignmentSteps(virsh.uri, each)),
            ...(changed.length === 0 || isLeft ? [] : startHookSteps(host, false)),
          ],
        },
        findings: [],
        allowed: new Set(),
      },
      overview: (width) => renderAssignments([], changed, width),
      details: assignmentDetails(virsh.uri, [], changed, diagnostics),
      inventory,
      remarks: assignmentRemarks(args, situation, [], diagnostics) + poolRemark(changed, inventory),
      nothingToDo: `No machine is given that by pci assign${unknown === 0 ? '' : ', as far as can be told'}.\nNothing to do.\n`,
      changesMachinesAlone: true,
    },
    args,
    terminal,
    dialogue,
  );
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

type Meaning = (machine: DefinedMachine, assigned: AssignedDevice) => boolean;

/**
 * What a word means of what machines are given: an address of now, or one that a device was assigned with; else the
 * device that it selects, wherever it was then. What went along with it, as a member of its group, is meant too.
 */
function meaningOf(
  word: string,
  devices: readonly PciDevice[],
  machines: readonly DefinedMachine[],
): Meaning {
  const address = parsePciAddress(word);
  const named = (each: AssignedDevice): boolean =>
    address !== undefined && [addressOf(each), each.assignment?.device.address].includes(address);
  const isNamed = machines.some(({ definition }) => readAssigned(definition.document).devices.some(named));
  if (isNamed) return withGroup(named);
  const device = selectOne(devices, word);
  const role = knownValue(device.sriov);
  const places = role?.role === 'pf' ? vfPlacesOf(device, role) : null;
  return withGroup((each) => {
    if (addressOf(each) === device.address) return true;
    if (each.assignment === null) return false;
    if (each.assignment.policy === 'vf-pool' && places !== null) return indexOf(places, each) !== null;
    const { kind, device: found } = findPersisted(each.assignment.device, devices);
    return (kind === 'here' || kind === 'moved') && found === device;
  });
}

function withGroup(means: (each: AssignedDevice) => boolean): Meaning {
  return ({ definition }, assigned) => {
    if (means(assigned)) return true;
    const group = assigned.assignment?.iommuGroup ?? null;
    if (group === null) return false;
    return readAssigned(definition.document).devices.some(
      (each) => means(each) && each.assignment?.iommuGroup === group,
    );
  };
}
