import type { Diagnostic } from '../../base/diagnostic.ts';
import type { HeldDevice } from '../../libvirt/assignment/assigned-devices.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import type { KnownMachine, KnownMachines, ReadingPurpose } from '../../libvirt/machine/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import type { Inventory } from '../../pci/inventory.ts';
import {
  type AssignmentStatus,
  assignmentStatuses,
  heldUntilItEnds,
  isRepairable,
  leftReason,
  repairAssignments,
  withOthers,
} from '../../plan/assignment/assignment-status.ts';
import { assignmentSteps, type DefinedMachine } from '../../plan/assignment/plan-assignment.ts';
import { guardOf } from '../../plan/guard.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import { type PendingRecovery, readPendingRecovery } from '../change/pending-recovery.ts';
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

/** The facts of every device for finding assigned ones. */
const FIELDS = [...TRAIT_FIELDS, 'iommuGroup', 'netInterfaces', 'sriov'] as const;
type AssignableDevice = DeviceWith<(typeof FIELDS)[number]>;

/** A VM, and the statuses of its assignments. */
export interface MachineStatuses {
  readonly machine: KnownMachine;
  readonly statuses: readonly AssignmentStatus<TitledDevice>[];
  /** Its other devices from pci assign, until it stops. */
  readonly passing: readonly PassingDevice[];
}

type TitledDevice = DeviceWith<'vendor' | 'device'>;

/** A device of a running VM, with the device on the host; `null` if that is unknown. */
interface PassingDevice {
  readonly assigned: HeldDevice;
  readonly device: TitledDevice | null;
}

/** The assignments of each VM, and whether each is still in place. */
export interface AssignmentList {
  readonly host: Inventory['host'];
  /** The URI of the libvirt of the VMs. */
  readonly connect: string;
  /** The VMs with assignments or devices from pci assign. */
  readonly machines: readonly MachineStatuses[];
  /** Whether an assignment differs from its record. */
  readonly isDrifted: boolean;
  /** The number of other VMs whose assignments are unknown. */
  readonly unknown: number;
  readonly recovery: Pick<PendingRecovery, 'changes' | 'notes'>;
  /** The diagnostics about the VMs. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The subject of a proposal to repair assignments. */
export interface RepairSubject extends MachinesSubject {
  /** The assignments that are not repaired, with the reason: sentences. */
  readonly left: readonly string[];
  readonly recovery: Pick<PendingRecovery, 'changes' | 'notes'>;
}

/**
 * Lists the assignments of each VM by `pci assign`, with their statuses.
 *
 * @param choice the VMs; all by default
 * @throws PortalGunError BAD_ARGUMENT, MACHINE_NOT_FOUND, BAD_XML, and the errors of opening the host and asking its
 * libvirt
 */
export async function listAssignments(
  session: HostSession,
  choice: MachineChoice = {},
): Promise<AssignmentList> {
  const { virsh, inventory, known, statusesOf, recovery } = await readStandings(session, 'look');
  const { machines, unread, diagnostics } = known;
  const named = liveTargets(choice, machines);
  const listed = (named ?? readableMachines(machines))
    .map((machine): MachineStatuses => {
      const [defined] = definedMachines([machine]);
      const passing = heldUntilItEnds(machine).map((assigned) => ({
        assigned,
        device: inventory.devices.find(({ address }) => address === addressOf(assigned)) ?? null,
      }));
      return { machine, statuses: defined === undefined ? [] : statusesOf(defined), passing };
    })
    .filter(({ statuses, passing }) => statuses.length + passing.length > 0);
  return {
    host: inventory.host,
    connect: virsh.uri,
    machines: listed,
    isDrifted: listed.some(({ statuses }) => statuses.some(({ standing }) => standing !== 'in-place')),
    unknown: named === null ? unreadableMachines(machines).length + unread.length : 0,
    recovery,
    diagnostics,
  };
}

/**
 * Proposes to update definitions to the current places of their devices, if these are certain.
 *
 * @param choice the VMs; all by default
 * @throws PortalGunError as {@link listAssignments}; CANNOT_BE_GIVEN for a VM without a definition
 */
export async function proposeRepair(
  session: HostSession,
  choice: MachineChoice = {},
): Promise<HostProposal<RepairSubject>> {
  const { virsh, inventory, known, statusesOf, recovery } = await readStandings(session, 'edit');
  const { devices } = inventory;
  const { machines, diagnostics } = known;
  const targets = targetMachines(choice, machines) ?? definedMachines(machines);
  const drifted = targets.filter((machine) => statusesOf(machine).some(isRepairable));
  const repaired = drifted.map((machine) => repairAssignments(machine, statusesOf(machine), devices));
  const found = drifted.flatMap((machine) =>
    statusesOf(machine)
      .filter(isRepairable)
      .flatMap(({ device }) => device ?? []),
  );
  const left = targets.flatMap((machine) =>
    statusesOf(machine).flatMap((status) => {
      const reason = leftReason(status, devices);
      const what = addressOf(status.assigned) ?? status.assigned.alias;
      return reason === null ? [] : [`${what} of ${machine.name} is not repaired: ${reason}`];
    }),
  );
  return proposalOf({
    plan: {
      title: 'Repair the assignments of VMs',
      guards: [...new Set(found)].map(guardOf),
      steps: repaired.flatMap((each) => assignmentSteps(virsh.uri, each)),
    },
    findings: [],
    allowed: new Set(),
    subject: {
      connect: virsh.uri,
      assignments: repaired,
      machineDiagnostics: diagnostics,
      left,
      recovery,
    },
    inventory,
    diagnostics: [],
    changesOnlyMachines: true,
  });
}

interface Standings {
  readonly virsh: Virsh;
  readonly inventory: Inventory<AssignableDevice>;
  readonly known: KnownMachines;
  readonly recovery: PendingRecovery;
  statusesOf(machine: DefinedMachine): readonly AssignmentStatus<AssignableDevice>[];
}

async function readStandings(session: HostSession, purpose: ReadingPurpose): Promise<Standings> {
  const virsh = virshHere(session);
  const inventory = readInventory(session.host, session.names, FIELDS);
  const { devices } = inventory;
  const known = await readMachinesHere(session, virsh, purpose, devices);
  return {
    virsh,
    inventory,
    known,
    recovery: await readPendingRecovery(session),
    statusesOf: (machine) =>
      withOthers(
        assignmentStatuses(machine, devices),
        known.machines.filter(({ uuid }) => uuid !== machine.uuid),
      ),
  };
}
