import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import {
  type AssignedDevice,
  type AssignedState,
  type Assignment,
  type AssignmentPolicy,
  addressOf,
  aliasOf,
  freeAlias,
} from '../../libvirt/assignment/assignment.ts';
import { planGuestAddresses } from '../../libvirt/assignment/guest-topology.ts';
import { isSameState, withAssigned } from '../../libvirt/assignment/with-assigned.ts';
import { cardsOf, type PlannedHostdev } from '../../libvirt/hostdev/to-hostdev.ts';
import { givenTo } from '../../libvirt/machine/given-devices.ts';
import { heldFunction, siblingsIn } from '../../libvirt/machine/held-functions.ts';
import { categoryAsWritten, formatWithCategory } from '../../libvirt/machine/machine-metadata.ts';
import type { KnownMachine, MachineDocument } from '../../libvirt/machine/read-machines.ts';
import { soleFunction, takesForSure } from '../../libvirt/machine/taken-functions.ts';
import { parseXml } from '../../libvirt/xml/xml-document.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { keptDeviceOf } from '../../pci/persisted/persisted-device.ts';
import type { VfPlace } from '../change-states.ts';
import { type AssignmentChange, assignmentKind } from '../changes/machine/assignment.ts';
import type { Step } from '../plan.ts';
import { releaseHint } from '../release-hint.ts';
import {
  functionsOf,
  joinsAnothers,
  refuseTornGroups,
  usedFunctions,
  withMultifunction,
  withoutGaps,
} from './guest-slots.ts';

/** The facts of a device for an assignment. */
export type AssigningField = TraitField | 'iommuGroup' | 'class';

/** A device to assign, in the form for each VM. */
export interface DeviceToAssign {
  readonly device: DeviceWith<AssigningField>;
  readonly handed: PlannedHostdev['device'];
  readonly policy: AssignmentPolicy;
  /** Whether it was named, or is included as a member of the group. */
  readonly asked: boolean;
  /** The names of accepted safety rules; none by default. */
  readonly allowed?: ReadonlySet<string>;
  /** Other devices of the host: for a VF at least its PF, by which it is found again. */
  readonly others?: readonly DeviceWith<TraitField>[];
}

/** A VM with a definition in which the parts of portal-gun can be read. */
export interface DefinedMachine extends KnownMachine {
  readonly definition: MachineDocument;
}

/** The changes of one VM. */
export interface MachineAssignment {
  readonly machine: DefinedMachine;
  readonly from: AssignedState;
  readonly to: AssignedState;
  /** The devices that it gets, in its own order; none if it already has all of them. */
  readonly gained: readonly AssignedDevice[];
  readonly lost: readonly AssignedDevice[];
  /** Devices that another program added to its definition: they are unchanged. */
  readonly byOthers: readonly PciAddress[];
}

/**
 * A VM's definition with devices to assign. Devices that it already has with the same policy are unchanged.
 *
 * @param isOfCard whether a function shares a guest slot with the others of its card
 * @throws PortalGunError BAD_XML, NO_GUEST_SLOT, CANNOT_PERSIST; CANNOT_BE_GIVEN if the guest's IOMMU would split a
 * group
 */
export function assignTo(
  machine: DefinedMachine,
  devices: readonly DeviceToAssign[],
  isOfCard: (address: PciAddress) => boolean = () => false,
): MachineAssignment {
  const { document } = machine.definition;
  const from = readAssigned(document);
  const byOthers = devicesByOthers(machine, from);
  const wanted = devices.filter(({ device }) => !byOthers.includes(device.address));
  const kept = from.devices.map((known): AssignedDevice => {
    const again = wanted.find(({ device }) => known.device !== null && hasAddress(known, device.address));
    return again === undefined ? known : { ...known, assignment: assignmentOf(known.alias, again, known) };
  });
  const missing = wanted.filter(
    ({ device }) => !from.devices.some((known) => hasAddress(known, device.address)),
  );
  const there = machine.definition.machine.devices.flatMap(({ device }) => heldFunction(device) ?? []);
  const held = there.filter(({ address }) => isOfCard(address));
  const { addresses, newRootPorts } = planGuestAddresses(
    document.root,
    cardsOf(missing.map(({ device }) => device)),
    (card) => siblingsIn(held, card.filter(isOfCard)),
  );
  const taken = new Set(from.devices.map(({ alias }) => alias));
  const gained = missing.map((each): AssignedDevice => {
    const alias = freeAlias(aliasOf(each.device.address), taken);
    const guestAddress = addresses.get(each.device.address) ?? null;
    const assignment = assignmentOf(alias, each, null);
    const joinsSlot = guestAddress !== null && joinsAnothers(held, from, guestAddress);
    return {
      alias,
      assignment: joinsSlot ? { ...assignment, joinsSlot } : assignment,
      device: { ...each.handed, alias, guestAddress },
    };
  });
  const to: AssignedState = {
    devices: withMultifunction([...kept, ...gained], usedFunctions(document.root)),
    rootPorts: [...from.rootPorts, ...newRootPorts].sort((a, b) => a - b),
  };
  refuseTornGroups(
    machine.name,
    document.root,
    devices.map(({ device }) => device),
    [...functionsOf(to), ...there],
  );
  return {
    machine,
    from,
    to,
    gained,
    lost: [],
    byOthers: byOthers.filter((each) => isWanted(devices, each)),
  };
}

/** A VM's definition without some of its assigned devices. */
export function unassignFrom(
  machine: DefinedMachine,
  isMeant: (assigned: AssignedDevice) => boolean,
): MachineAssignment {
  const { root } = machine.definition.document;
  const from = readAssigned(machine.definition.document);
  const lost = from.devices.filter(isMeant);
  const devices = withoutGaps(
    from.devices.filter((each) => !lost.includes(each)),
    lost,
    usedFunctions(root),
  );
  const inUse = new Set(devices.map(({ device }) => device?.guestAddress?.bus));
  const to = { devices, rootPorts: from.rootPorts.filter((index) => inUse.has(index)) };
  return { machine, from, to, gained: [], lost, byOthers: [] };
}

/**
 * The step of an assignment; none if nothing changes.
 *
 * @param vfs the new VFs among the devices that it gets
 */
export function assignmentSteps(
  uri: string,
  { machine, from, to }: MachineAssignment,
  vfs: readonly VfPlace[] = [],
): readonly Step[] {
  if (isSameState(from, to)) return [];
  const { document } = machine.definition;
  const after = parseXml(withAssigned(document, to), document.name);
  const metadata = formatWithCategory(after, categoryAsWritten(after));
  const change: AssignmentChange = {
    ...{ kind: 'assignment', uri, machine: machine.uuid, from, to, metadata },
    ...(vfs.length === 0 ? {} : { vfs }),
  };
  return [{ words: assignmentKind.words(change, machine.name), change }];
}

/**
 * Refuses to assign a device to more VMs than its policy allows: one if it is `exclusive`, by this or by an earlier
 * assignment.
 *
 * @throws PortalGunError ASSIGNED_ELSEWHERE
 */
export function refuseSecondHolder(
  devices: readonly DeviceToAssign[],
  targets: readonly KnownMachine[],
  all: readonly KnownMachine[],
): void {
  for (const { device, policy } of devices) {
    const { address } = device;
    const holders = all.filter((machine) => !targets.includes(machine) && givenTo(machine, address));
    const [other] = holders;
    if (policy === 'exclusive' && targets.length > 1) {
      throw new PortalGunError(
        'ASSIGNED_ELSEWHERE',
        `cannot be assigned to ${count(targets.length, 'VM')}: only one VM may have it`,
        {
          subject: address,
          hint: 'name one VM with --machine; or use --policy shared: then only one of the VMs can run at a time',
        },
      );
    }
    const unsure = holders.find(({ definition }) => (definition?.unreadable ?? null) !== null);
    if (unsure !== undefined) {
      const { subject = null, hint = '' } = unsure.definition?.unreadable ?? {};
      throw new PortalGunError(
        'ASSIGNED_ELSEWHERE',
        `may be assigned only to ${unsure.name}: its assignment record cannot be read (${subject})`,
        { subject: address, hint },
      );
    }
    if (policy === 'exclusive' && other !== undefined) {
      throw new PortalGunError(
        'ASSIGNED_ELSEWHERE',
        `${isSurelyGiven(other, address) ? 'is' : 'may be'} already assigned to ${other.name}, and only one VM may have it`,
        {
          subject: address,
          hint: `${releaseHint(other, address)}; or --policy shared`,
        },
      );
    }
    const owner = all.find(
      (machine) => !targets.includes(machine) && (policyOf(machine, address) ?? 'shared') !== 'shared',
    );
    if (owner !== undefined) {
      throw new PortalGunError(
        'ASSIGNED_ELSEWHERE',
        `is assigned only to ${owner.name} (--policy ${policyOf(owner, address)})`,
        {
          subject: address,
          hint: releaseHint(owner, address),
        },
      );
    }
  }
}

function hasAddress(known: AssignedDevice, address: PciAddress): boolean {
  return known.device !== null && addressOf(known) === address;
}

function isWanted(devices: readonly DeviceToAssign[], address: PciAddress): boolean {
  return devices.some(({ device }) => device.address === address);
}

function assignmentOf(
  alias: string,
  { device, policy, allowed, others = [] }: DeviceToAssign,
  known: AssignedDevice | null,
): Assignment {
  const names = [...new Set([...(known?.assignment?.allowed ?? []), ...(allowed ?? [])])].sort();
  const kept = keptDeviceOf(device, known?.assignment?.device ?? null, others);
  return {
    alias,
    policy,
    // The MAC of a VF is the last one that was set, and does not identify it.
    device: knownValue(device.sriov)?.role === 'vf' ? { ...kept, mac: null } : kept,
    iommuGroup: knownValue(device.iommuGroup) ?? null,
    ...(names.length === 0 ? {} : { allowed: names }),
  };
}

/** Devices in a VM's definition that another program added, in any form. */
export function devicesByOthers(
  { definition }: DefinedMachine,
  { devices }: AssignedState,
): readonly PciAddress[] {
  const ours = new Set(devices.map(({ alias }) => alias));
  return definition.machine.devices.flatMap((given): readonly PciAddress[] => {
    if ('alias' in given.device && ours.has(given.device.alias ?? '')) return [];
    return 'address' in given.device ? [soleFunction(given)].filter((each) => each !== null) : [];
  });
}

/** Whether a VM has a device by its address, and not only possibly. */
function isSurelyGiven({ definition, live }: KnownMachine, address: PciAddress): boolean {
  return [definition, live].some(
    (each) => each?.machine.devices.some((given) => takesForSure(given, address)) === true,
  );
}

/** The policy by which a VM has a device. */
function policyOf({ definition }: KnownMachine, address: PciAddress): AssignmentPolicy | undefined {
  if (definition === null || definition.unreadable !== null) return undefined;
  return readAssigned(definition.document).devices.find((each) => addressOf(each) === address)?.assignment
    ?.policy;
}
