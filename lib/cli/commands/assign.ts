import type { Diagnostic } from '../../base/diagnostic.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { SAFETY_FIELDS } from '../../checks/check-safety.ts';
import { readAssigned } from '../../libvirt/assigned-devices.ts';
import type { AssignedDevice } from '../../libvirt/assignment.ts';
import { readMachines } from '../../libvirt/read-machines.ts';
import { parsePciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { findPersisted } from '../../pci/find-persisted.ts';
import { IDENTITY_FIELDS } from '../../pci/identity.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { selectOne } from '../../pci/selector.ts';
import { DEFAULT_RULES } from '../../plan/assignment-rules-parser.ts';
import { guardOf } from '../../plan/guard.ts';
import {
  addressOf,
  assignmentSteps,
  assignTo,
  type DefinedMachine,
  type DeviceToAssign,
  type MachineAssignment,
  refuseSecondHolder,
  unassignFrom,
} from '../../plan/plan-assignment.ts';
import { indexOf, vfPlacesOf } from '../../plan/vf-pool.ts';
import {
  type AssignedTitle,
  assignmentDetails,
  assignmentTitle,
  renderAssignments,
} from '../../render/assignment-text.ts';
import { machineRemarks, virshOf } from '../asked-libvirt.ts';
import { type Arguments, type CommandResult, stringOf, stringsOf, switchOf } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import { handOverAll, readHandOverSituation, withGroups } from '../hand-over-situation.ts';
import { handOverWishesOf } from '../hand-over-wishes.ts';
import { refuseElsewhere } from '../machines-host.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { allowedOf, findSafety } from '../safety.ts';
import { withStableMac } from '../stable-vf-mac.ts';
import { startHookSteps } from '../start-hook.ts';
import { sysfsSource } from '../sysfs-source.ts';
import { definedMachines, demandTargets, targetMachines } from '../target-machines.ts';
import type { Terminal } from '../terminal.ts';
import { runVfPool } from '../vf-pool.ts';
import { runAssignByRules } from './assign-by-rules.ts';

/** `pci assign`: writes devices, with their groups, into the definitions of machines. */
export async function runAssign(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  if (switchOf(args, 'print-rules') === true) {
    return { exitCode: EXIT.ok, stdout: DEFAULT_RULES, stderr: '' };
  }
  if (switchOf(args, 'by-rules') === true || stringOf(args, 'rules') !== undefined) {
    return runAssignByRules(args, terminal, dialogue);
  }
  const words = stringsOf(args, 'devices');
  if (words.length === 0) failUnnamed();
  if (stringOf(args, 'policy') === 'vf-pool') return runVfPool(args, terminal, dialogue);
  refusePoolOptions(args);
  const virsh = virshOf(args);
  refuseElsewhere(args, virsh.uri, true);
  const host = hostOf(args);
  const names = namesOf(args);
  const situation = await readHandOverSituation(
    sysfsSource(host),
    names,
    [],
    [...IDENTITY_FIELDS, ...SAFETY_FIELDS],
  );
  const { inventory, groups } = situation;
  const asked = words.map((word) => selectOne(inventory.devices, word));
  const chosen = withGroups(situation, asked);
  const { machines, diagnostics } = await readMachines(virsh, 'edit');
  const targets = demandTargets(args, machines);
  const wishes = handOverWishesOf(args, commonCategory(targets));
  const handed = handOverAll(situation, chosen, { ...wishes, isManaged: true });
  const policy = stringOf(args, 'policy') === 'exclusive' ? 'exclusive' : 'shared';
  const devices = chosen.map((device, index): DeviceToAssign & AssignedTitle => {
    const { device: handedOver, notes } = withStableMac(
      situation,
      device,
      handed[index] as (typeof handed)[number],
    );
    return { device, handed: handedOver, notes, policy, asked: asked.includes(device) };
  });
  refuseSecondHolder(devices, targets, machines);
  const assignments = targets.map((machine) => assignTo(machine, devices));
  const addresses = chosen.map(({ address }) => address);
  const plan = {
    title: assignmentTitle('Give', devices.length, assignments),
    guards: chosen.map(guardOf),
    steps: [
      ...startHookSteps(host, true),
      ...assignments.flatMap((each) => assignmentSteps(virsh.uri, each)),
    ],
  };
  // That a machine has it now is what it is for; what the host would lose counts from the next start on.
  const findings = findSafety(host, inventory, groups, addresses, null).filter(
    ({ name }) => name !== 'machine-has-it',
  );
  return runProposal(
    {
      proposal: { plan, findings: plan.steps.length === 0 ? [] : findings, allowed: allowedOf(args) },
      overview: (width) => renderAssignments(devices, assignments, width),
      details: assignmentDetails(virsh.uri, devices, assignments),
      inventory,
      remarks:
        remarks(args, names, host, aboutDevices(inventory.diagnostics, addresses)) +
        machineRemarks(args, diagnostics, 'pci'),
      nothingToDo: `${count(targets.length, 'machine')}: given already.\nNothing to do.\n`,
      changesMachinesAlone: true,
    },
    args,
    terminal,
    dialogue,
  );
}

/** The category that all of some machines have; `null` where they have not one. */
function commonCategory(machines: readonly DefinedMachine[]): string | null {
  const [category, ...others] = new Set(machines.map(({ definition }) => definition.machine.category));
  return others.length > 0 ? null : (knownValue(category ?? null) ?? null);
}

function refusePoolOptions(args: Arguments): void {
  const given = stringOf(args, 'vlan') !== undefined ? '--vlan' : '--persist';
  if (given === '--persist' && switchOf(args, 'persist') !== true) return;
  throw new PortalGunError('BAD_ARGUMENT', 'is for --policy vf-pool alone', { subject: given });
}

/** `pci unassign`: takes out of definitions what `pci assign` wrote into them. */
export async function runUnassign(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const virsh = virshOf(args);
  refuseElsewhere(args, virsh.uri, true);
  const host = hostOf(args);
  const names = namesOf(args);
  const { inventory } = await readHandOverSituation(sysfsSource(host), names, [], IDENTITY_FIELDS);
  const { machines, diagnostics } = await readMachines(virsh, 'edit');
  const targets = targetMachines(args, machines) ?? definedMachines(machines);
  const words = stringsOf(args, 'devices');
  const meanings = words.map((word) => meaningOf(word, inventory.devices, targets));
  const assignments = targets.map((machine) =>
    unassignFrom(machine, (each) => meanings.some((means) => means(machine, each))),
  );
  const changed = assignments.filter(({ lost }) => lost.length > 0);
  // As long as anything is assigned to a machine, its start is looked at.
  const isLeft = definedMachines(machines).some((machine) => {
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
      details: assignmentDetails(virsh.uri, [], changed),
      inventory,
      remarks:
        remarks(args, names, host, []) +
        machineRemarks(args, diagnostics, 'pci') +
        poolRemark(changed, inventory),
      nothingToDo: 'No machine is given that by pci assign.\nNothing to do.\n',
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

function aboutDevices(
  diagnostics: readonly Diagnostic[],
  addresses: readonly string[],
): readonly Diagnostic[] {
  return diagnostics.filter(({ subject }) => addresses.includes(subject));
}

function failUnnamed(): never {
  throw new PortalGunError('BAD_ARGUMENT', 'names no device', {
    subject: 'assign',
    hint: 'name devices as in pci list; or share all of them out by rules: --by-rules',
  });
}
