import { PortalGunError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import { readAssigned } from '../libvirt/assigned-devices.ts';
import type { AssignedState } from '../libvirt/assignment.ts';
import { mayGive } from '../libvirt/given-devices.ts';
import type { KnownMachine } from '../libvirt/read-machines.ts';
import type { PciAddress } from '../pci/address.ts';
import type { VfPlace } from './change.ts';
import {
  addressOf,
  assignTo,
  type DefinedMachine,
  givenTo,
  type MachineAssignment,
} from './plan-assignment.ts';
import { planVfs, type VfsProposal } from './plan-vfs.ts';
import type { PfSituation } from './vf-goal.ts';
import { indexAt, indexOf, poolDevice, type VfPool, vfPoolOf } from './vf-pool.ts';

/** What a pool of VFs is asked for. */
export interface PoolRequest {
  readonly situation: PfSituation;
  /** Those that are to have a VF each. */
  readonly targets: readonly DefinedMachine[];
  /** All that may have one. */
  readonly machines: readonly KnownMachine[];
  /** Of every machine that is meant; `null` for none, or the one that it has. */
  readonly vlan: number | null;
  /** Whether the host can spare a VF that is there, and that no machine has. */
  readonly isSpare: (vf: PciAddress) => boolean;
}

/** A machine with its VF of a pool. */
export interface PooledMachine extends MachineAssignment {
  readonly vf: VfPlace;
  /** Whether the VF has to be made, or made anew. */
  readonly isMade: boolean;
}

/** What becomes of a PF and of machines that are to have a VF of it each. */
export interface VfPoolProposal {
  readonly vfs: VfsProposal;
  readonly machines: readonly PooledMachine[];
}

/**
 * Plans a VF of a PF for each of some machines: the one that it has, or else the first that is free. As many VFs are made as that
 * takes, and none is taken away. Needs `location`, `class`, `vendor`, `config`, and what {@link planVfs} needs of the PF.
 *
 * @throws PortalGunError NO_SRIOV, TOO_FEW_VFS, ASSIGNED_ELSEWHERE, DEVICE_IN_USE, CANNOT_PERSIST, BAD_ARGUMENT, BAD_XML, NO_GUEST_SLOT
 */
export function planVfPool(request: PoolRequest): VfPoolProposal {
  const { situation, targets, machines, vlan } = request;
  const pool = vfPoolOf(situation);
  const held = new Map(targets.map((machine) => [machine, indexHeld(pool, machine)]));
  refuseSharedVfs(pool, held, machines);
  const free = freeIndices(pool, request);
  const needing = targets.filter((machine) => held.get(machine) === null);
  if (free.length < needing.length) throw tooFew(pool, free.length, needing.length);
  const indices = new Map(
    targets.map((machine) => [machine, held.get(machine) ?? free[needing.indexOf(machine)] ?? 0]),
  );
  const after = Math.max(situation.vfs.length, ...[...indices.values()].map((index) => index + 1));
  const vfs = planVfs(situation, { count: after, autoprobe: null, all: {}, each: new Map(), isUp: true });
  refuseRunning(vfs, machines);
  return {
    vfs,
    machines: targets.map((machine) => {
      const index = indices.get(machine) ?? 0;
      const device = poolDevice(pool, index, vlan);
      const assignment = isMoved(pool, machine, index) ? unchanged(machine) : assignTo(machine, [device]);
      const { address } = device.device;
      return {
        ...assignment,
        to: vlan === null ? assignment.to : withVlan(assignment.to, address, vlan),
        vf: { address, pf: situation.pf.address, index },
        isMade: index >= situation.vfs.length,
      };
    }),
  };
}

/** Which VF of a pool a machine's definition gives it, by whoever's hand; `null` for none. */
function indexHeld(pool: VfPool, { definition }: DefinedMachine): number | null {
  const assigned = readAssigned(definition.document).devices.map((each) => indexOf(pool, each));
  const given = definition.machine.devices.map(({ device }) =>
    'address' in device ? indexAt(pool, device.address) : null,
  );
  return [...assigned, ...given].find((index) => index !== null) ?? null;
}

/** Whether a machine was assigned a VF by another address than it has now, which is for `pci assignments --repair`. */
function isMoved(pool: VfPool, { definition }: DefinedMachine, index: number): boolean {
  return readAssigned(definition.document).devices.some(
    (each) => indexOf(pool, each) === index && addressOf(each) !== pool.addresses[index],
  );
}

function unchanged(machine: DefinedMachine): MachineAssignment {
  const state = readAssigned(machine.definition.document);
  return { machine, from: state, to: state, gained: [], lost: [], byOthers: [] };
}

/** In a pool each has its own. */
function refuseSharedVfs(
  pool: VfPool,
  held: ReadonlyMap<DefinedMachine, number | null>,
  machines: readonly KnownMachine[],
): void {
  for (const [machine, index] of held) {
    const address = index === null ? null : (pool.addresses[index] ?? null);
    if (address === null) continue;
    const other = machines.find((each) => each !== machine && givenTo(each, address));
    if (other === undefined) continue;
    throw new PortalGunError('ASSIGNED_ELSEWHERE', `is given to ${machine.name} and to ${other.name}`, {
      subject: address,
      hint: `in a pool each machine has its own; take it from one of them: pci unassign ${address} --machine ${JSON.stringify(other.name)}`,
    });
  }
}

/** The VFs that no machine is given or has, and the host can spare; by index. */
function freeIndices(pool: VfPool, { machines, isSpare, situation }: PoolRequest): readonly number[] {
  const assigned = new Set(
    machines
      .flatMap(({ definition }) => (definition?.unreadable === null ? [definition] : []))
      .flatMap(({ document }) => readAssigned(document).devices)
      .map((each) => indexOf(pool, each)),
  );
  return [...pool.addresses.entries()].flatMap(([index, address]) => {
    const there = situation.vfs[index];
    const isGiven = address !== null && machines.some((machine) => givenTo(machine, address));
    const isTaken = assigned.has(index) || isGiven;
    return !isTaken && (there === undefined || isSpare(there.address)) ? [index] : [];
  });
}

function tooFew({ situation, addresses }: VfPool, free: number, needed: number): PortalGunError {
  const all = `of the ${count(addresses.length, 'VF')} that it can have ${free === 0 ? 'none is' : free === 1 ? 'one is' : `${free} are`} free`;
  return new PortalGunError('TOO_FEW_VFS', `${all}, and ${count(needed, 'machine')} need one`, {
    subject: situation.pf.address,
  });
}

/** For another number of VFs all go for a moment: no machine may run with one. */
function refuseRunning({ situation, from, to, lost }: VfsProposal, machines: readonly KnownMachine[]): void {
  for (const address of lost) {
    const runner = machines.find(({ live }) => live !== null && mayGive(live.document, address));
    if (runner === undefined) continue;
    throw new PortalGunError(
      'DEVICE_IN_USE',
      `from ${count(from.count, 'VF')} to ${to.count} all have to go for a moment, and ${runner.name} runs with ${address}`,
      { subject: situation.pf.address, hint: `shut ${runner.name} down first` },
    );
  }
}

function withVlan(state: AssignedState, address: PciAddress, vlan: number): AssignedState {
  return {
    ...state,
    devices: state.devices.map((each) =>
      each.device?.kind === 'interface' && each.device.address === address
        ? { ...each, device: { ...each.device, vlans: [vlan] } }
        : each,
    ),
  };
}
