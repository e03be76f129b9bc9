import { PortalGunError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import type { AssignedDevice, AssignedState } from '../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { givenTo, mayHaveNow } from '../../libvirt/machine/given-devices.ts';
import { virshCommand } from '../../libvirt/machine/machine-words.ts';
import type { KnownMachine, MachineDocument } from '../../libvirt/machine/read-machines.ts';
import { soleFunction } from '../../libvirt/machine/taken-functions.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { VfPlace } from '../change-states.ts';
import { releaseHint } from '../release-hint.ts';
import { planVfs, type VfsProposal } from '../sriov/plan-vfs.ts';
import type { PfState, VfWishes } from '../sriov/vf-goal.ts';
import { pointedAt } from './assignment-status.ts';
import {
  type AssigningField,
  assignTo,
  type DefinedMachine,
  type MachineAssignment,
} from './plan-assignment.ts';
import { attachAll, type MachineAttachment, type RunningMachine } from './plan-attachment.ts';
import {
  indexAt,
  indexOf,
  type PooledVfField,
  type PoolField,
  poolDevice,
  type VfPool,
  vfPoolOf,
} from './vf-pool.ts';

/** The request for a pool of VFs. */
export interface PoolRequest<Pf extends DeviceWith<never> = PciDevice, Vf extends DeviceWith<never> = Pf> {
  readonly state: PfState<Pf, Vf>;
  /** The VMs that get a VF each in their definitions. */
  readonly targets: readonly DefinedMachine[];
  /** The running VMs that get one now. */
  readonly running?: readonly RunningMachine[];
  /** All VMs that may have one. */
  readonly machines: readonly KnownMachine[];
  /** The VLAN of every selected VM; `null` for none, or the current one. */
  readonly vlan: number | null;
  /** The persisted settings for VFs of the PF, by their index; omitted if there are none. */
  readonly wishes?: readonly VfWishes[];
  /** Whether the PF of an assigned VF no longer exists. */
  readonly isDead?: (assigned: AssignedDevice) => boolean;
  /** Whether the host does not use an existing VF that no VM has. */
  readonly isSpare: (vf: PciAddress) => boolean;
  /** The names of accepted safety rules. */
  readonly allowed?: ReadonlySet<string>;
}

/** A VM with its VF of a pool. */
export interface PooledMachine extends MachineAssignment {
  readonly vf: VfPlace;
  /** Whether the VF must be created, or created again. */
  readonly isMade: boolean;
}

/** The changes of a PF and of VMs that get one of its VFs each. */
export interface VfPoolProposal<Pf extends DeviceWith<never> = PciDevice, Vf extends DeviceWith<never> = Pf> {
  readonly vfs: VfsProposal<Pf, Vf>;
  readonly machines: readonly PooledMachine[];
  readonly attachments: readonly PooledAttachment[];
}

/** A running VM with its VF of a pool. */
interface PooledAttachment extends MachineAttachment {
  readonly vf: VfPlace;
  readonly isMade: boolean;
}

/**
 * Plans a VF of a PF for each of some VMs: the one that it has, otherwise the first free one. As many VFs are created
 * as needed, and none is removed.
 *
 * @throws PortalGunError NO_SRIOV, TOO_FEW_VFS, ASSIGNED_ELSEWHERE, DEVICE_IN_USE, CANNOT_PERSIST, BAD_ARGUMENT,
 * BAD_XML, NO_GUEST_SLOT
 */
export function planVfPool<Pf extends DeviceWith<PoolField>, Vf extends DeviceWith<PooledVfField>>(
  request: PoolRequest<Pf, Vf>,
): VfPoolProposal<Pf, Vf> {
  const {
    state,
    targets,
    running = [],
    machines,
    vlan,
    wishes = [],
    isDead = () => false,
    allowed = new Set<string>(),
  } = request;
  const pool = vfPoolOf(state);
  const meant = [...new Set<KnownMachine>([...targets, ...running])];
  const held = new Map(meant.map((machine) => [machine, indexHeld(pool, machine)]));
  refuseSharedVfs(pool, held, machines);
  const free = freeIndices(pool, request);
  const needing = meant.filter((machine) => held.get(machine) === null);
  if (free.length < needing.length) throw tooFew(pool, free.length, needing.length);
  const indices = new Map(
    meant.map((machine) => [machine, held.get(machine) ?? free[needing.indexOf(machine)] ?? 0]),
  );
  const after = Math.max(state.vfs.length, ...[...indices.values()].map((index) => index + 1));
  const made = new Map([...wishes.entries()].filter(([index]) => index >= state.vfs.length && index < after));
  const vfs = planVfs(state, { count: after, autoprobe: null, all: {}, each: made, isUp: true });
  refuseRunning(vfs, machines);
  const placeOf = (machine: KnownMachine, address: PciAddress) => {
    const index = indices.get(machine) ?? 0;
    const vf = { address, pf: state.pf.address, index };
    return { vf, isMade: index >= state.vfs.length };
  };
  const deviceOf = (machine: KnownMachine) => ({
    ...poolDevice(pool, indices.get(machine) ?? 0, vlan, wishes[indices.get(machine) ?? 0] ?? {}),
    allowed,
  });
  const pooled = targets.map((machine) => {
    const device = deviceOf(machine);
    const index = indices.get(machine) ?? 0;
    const assignment = withoutDead(
      isMoved(pool, machine, index)
        ? repointed(pool, machine, index, device.device)
        : assignTo(machine, [device]),
      (each) => indexOf(pool, each) === null && isDead(each),
    );
    const { address } = device.device;
    return {
      ...assignment,
      to: vlan === null ? assignment.to : withVlan(assignment.to, address, vlan),
      ...placeOf(machine, address),
    };
  });
  const attached = attachAll(
    running.map((machine) => ({
      machine,
      devices: indexNow(pool, machine) === null ? [deviceOf(machine)] : [],
      defined: pooled.find((each) => each.machine === machine)?.to ?? definedNow(machine, vlan),
    })),
    machines,
  );
  return {
    vfs,
    machines: pooled,
    attachments: attached.map((each) => ({
      ...each,
      ...placeOf(each.machine, deviceOf(each.machine).device.address),
    })),
  };
}

/** The VF of a pool that a VM has, from any program, in its definition or now; `null` for none. */
function indexHeld(pool: VfPool, machine: KnownMachine): number | null {
  const { definition } = machine;
  const assigned = assignedIn(definition).map((each) => indexOf(pool, each));
  return (
    [...assigned, ...indicesGiven(pool, definition), indexNow(pool, machine)].find(
      (index) => index !== null,
    ) ?? null
  );
}

/** The VF of a pool that a VM has now. */
function indexNow(pool: VfPool, { live }: KnownMachine): number | null {
  return indicesGiven(pool, live).find((index) => index !== null) ?? null;
}

function indicesGiven(pool: VfPool, document: MachineDocument | null): readonly (number | null)[] {
  const devices = document?.machine.devices ?? [];
  return devices.map((device) => {
    const address = soleFunction(device);
    return address === null ? null : indexAt(pool, address);
  });
}

function assignedIn(definition: MachineDocument | null): readonly AssignedDevice[] {
  return definition?.unreadable === null ? readAssigned(definition.document).devices : [];
}

/** The devices of an unchanged definition, with the requested VLAN. */
function definedNow({ definition }: KnownMachine, vlan: number | null): AssignedState {
  const state = definition === null ? { devices: [], rootPorts: [] } : readAssigned(definition.document);
  if (vlan === null) return state;
  return state.devices.reduce((then, each) => withVlan(then, addressOf(each), vlan), state);
}

/** Whether a VM was assigned a VF by another address than its current one. */
function isMoved(pool: VfPool, { definition }: DefinedMachine, index: number): boolean {
  return readAssigned(definition.document).devices.some(
    (each) => indexOf(pool, each) === index && addressOf(each) !== pool.addresses[index],
  );
}

/** The assigned VF, at its current address. */
function repointed(
  pool: VfPool,
  machine: DefinedMachine,
  index: number,
  device: DeviceWith<AssigningField>,
): MachineAssignment {
  const from = readAssigned(machine.definition.document);
  const devices = from.devices.map((each) =>
    indexOf(pool, each) === index ? pointedAt(each, device, [pool.pf]) : each,
  );
  const gained = devices.filter((each, at) => each !== from.devices[at]);
  return { machine, from, to: { ...from, devices }, gained, lost: [], byOthers: [] };
}

/** Without VFs of PFs that no longer exist: the new device replaces them. */
function withoutDead(
  assignment: MachineAssignment,
  isDead: (assigned: AssignedDevice) => boolean,
): MachineAssignment {
  const lost = assignment.gained.length === 0 ? [] : assignment.from.devices.filter(isDead);
  const devices = assignment.to.devices.filter(({ alias }) => !lost.some((each) => each.alias === alias));
  return { ...assignment, to: { ...assignment.to, devices }, lost: [...assignment.lost, ...lost] };
}

/** In a pool, each VM has its own VF. */
function refuseSharedVfs(
  pool: VfPool,
  held: ReadonlyMap<KnownMachine, number | null>,
  machines: readonly KnownMachine[],
): void {
  for (const [machine, index] of held) {
    const address = index === null ? null : (pool.addresses[index] ?? null);
    if (address === null) continue;
    const other = machines.find((each) => each !== machine && givenTo(each, address));
    if (other === undefined) continue;
    throw new PortalGunError('ASSIGNED_ELSEWHERE', `is assigned to ${machine.name} and to ${other.name}`, {
      subject: address,
      hint: `in a pool, each VM has its own VF; ${releaseHint(other, address)}`,
    });
  }
}

/** The VFs that no VM has, and that the host does not use; by index. */
function freeIndices(
  pool: VfPool,
  { machines, isSpare, state }: Pick<PoolRequest<DeviceWith<never>>, 'machines' | 'isSpare' | 'state'>,
): readonly number[] {
  const assigned = new Set(
    machines.flatMap(({ definition }) => assignedIn(definition)).map((each) => indexOf(pool, each)),
  );
  return [...pool.addresses.entries()].flatMap(([index, address]) => {
    const there = state.vfs[index];
    const isGiven = address !== null && machines.some((machine) => givenTo(machine, address));
    const isTaken = assigned.has(index) || isGiven;
    return !isTaken && (there === undefined || isSpare(there.address)) ? [index] : [];
  });
}

function tooFew({ state, addresses }: VfPool, free: number, needed: number): PortalGunError {
  const all = `${free} of its ${count(addresses.length, 'VF')} ${free === 1 ? 'is' : 'are'} free`;
  return new PortalGunError('TOO_FEW_VFS', `${all}, but ${count(needed, 'VM')} need one`, {
    subject: state.pf.address,
  });
}

/** A new number of VFs removes all of them for a moment, so no running VM may have one. */
function refuseRunning(
  { state, from, to, lost }: VfsProposal<DeviceWith<never>>,
  machines: readonly KnownMachine[],
): void {
  for (const address of lost) {
    const runner = machines.find((machine) => mayHaveNow(machine, address));
    if (runner === undefined) continue;
    throw new PortalGunError(
      'DEVICE_IN_USE',
      `from ${count(from.count, 'VF')} to ${to.count} all VFs are removed temporarily, but ${runner.name} runs with ${address}`,
      { subject: state.pf.address, hint: `shut it down first: ${virshCommand('shutdown', runner)}` },
    );
  }
}

function withVlan(state: AssignedState, address: PciAddress | null, vlan: number): AssignedState {
  return {
    ...state,
    devices: state.devices.map((each) =>
      each.device?.kind === 'interface' && each.device.address === address
        ? { ...each, device: { ...each.device, vlans: [vlan] } }
        : each,
    ),
  };
}
