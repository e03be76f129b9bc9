import { findSafety, PLUG_RULES } from '../../../apply/safety-reading.ts';
import { PortalGunError } from '../../../base/errors.ts';
import type { Finding } from '../../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../../checks/safety/safety-fields.ts';
import { isOfCardAmong } from '../../../libvirt/hostdev/to-hostdev.ts';
import type { KnownMachine } from '../../../libvirt/machine/read-machines.ts';
import type { PciDefinition } from '../../../machines/definition/machine-definition.ts';
import type { LockedMachine } from '../../../machines/project/portal-lock.ts';
import type { PciAddress } from '../../../pci/address.ts';
import type { PciDevice } from '../../../pci/device.ts';
import { identityOf } from '../../../pci/identity.ts';
import type { Inventory } from '../../../pci/inventory.ts';
import { findPersisted, isDeviceOf } from '../../../pci/persisted/find-persisted.ts';
import { keptDeviceOf, type PersistedDevice } from '../../../pci/persisted/persisted-device.ts';
import { assignOnly } from '../../../plan/assignment/assign-only.ts';
import {
  assignmentSteps,
  type DefinedMachine,
  refuseSecondHolder,
} from '../../../plan/assignment/plan-assignment.ts';
import { type Guard, guardOf } from '../../../plan/guard.ts';
import type { Step } from '../../../plan/plan.ts';
import { findAssignmentSafety } from '../../assignment/assignment-host.ts';
import { hostdevOptionsOf } from '../../assignment/hostdev-options.ts';
import {
  type HostdevState,
  readAssignmentState,
  toDefinedHostdevs,
  withGroups,
} from '../../assignment/hostdev-state.ts';
import type { HostSession } from '../../session/host-session.ts';
import type { ProjectMachine } from '../project-machines.ts';

/** The devices of the host that machines get. */
export interface MachineDevices {
  /** By the name of the machine: the steps that write them into its definition, and the functions. */
  readonly assignments: ReadonlyMap<string, DevicesOfMachine>;
  readonly findings: readonly Finding[];
  readonly guards: readonly Guard[];
  readonly inventory: Inventory | null;
}

export interface DevicesOfMachine {
  readonly steps: readonly Step[];
  readonly functions: readonly PciAddress[];
  /** The records for the lock file. */
  readonly locked: LockedMachine['devices'];
}

/** A machine with its VM, as its definition will be before it gets devices. */
export interface DeviceTarget {
  readonly each: ProjectMachine;
  readonly vm: DefinedMachine;
}

/** Rules about network use, which a selector can spare. */
const NETWORK_RULE = /^(net-|session$)/;

/**
 * Plans the devices that machines get: those that the lock file remembers, by their identities; otherwise those that
 * the selectors match; all with their IOMMU groups. The safety rules judge every function.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND, BAD_DEFINITION, ASSIGNED_ELSEWHERE, CANNOT_BE_GIVEN, NO_GUEST_SLOT,
 *   CANNOT_PERSIST, and the errors of reading the host
 */
export async function planDevices(
  session: HostSession,
  uri: string,
  targets: readonly DeviceTarget[],
  known: readonly KnownMachine[],
): Promise<MachineDevices> {
  const isConcerned = ({ each, vm }: DeviceTarget): boolean =>
    each.machine.definition.pci.length > 0 || vm.definition.document.text.includes('ua-portal-gun');
  const concerned = targets.filter(isConcerned);
  if (concerned.length === 0) return { assignments: new Map(), findings: [], guards: [], inventory: null };
  const state = await readAssignmentState(session, SAFETY_FIELDS);
  const assignments = new Map<string, DevicesOfMachine>();
  const given = new Map<PciAddress, string>();
  for (const target of concerned) {
    const planned = devicesOf(session, uri, state, target, known);
    const { name } = target.each.machine.definition;
    for (const address of planned.functions) {
      const other = given.get(address);
      if (other !== undefined) refuseTwice(address, other, name);
      given.set(address, name);
    }
    assignments.set(name, planned);
  }
  const starting = new Set(concerned.filter(({ vm }) => vm.state === 'shut-off').map(({ vm }) => vm.name));
  const isTaken = (address: PciAddress): boolean => starting.has(given.get(address) ?? '');
  const addresses = [...given.keys()];
  const { host } = session;
  const { inventory, groups } = state;
  const findings = [
    // A VM that starts takes its devices, which the engine asks all rules about.
    ...findSafety(host, inventory, groups, addresses.filter(isTaken), PLUG_RULES),
    ...findAssignmentSafety(
      session,
      state,
      addresses.filter((address) => !isTaken(address)),
    ),
  ];
  const guards = state.inventory.devices.filter(({ address }) => given.has(address)).map(guardOf);
  return { assignments, findings, guards, inventory: state.inventory };
}

function devicesOf(
  session: HostSession,
  uri: string,
  state: HostdevState,
  { each, vm }: DeviceTarget,
  known: readonly KnownMachine[],
): DevicesOfMachine {
  const { definition } = each.machine;
  const entries = definition.pci.map((entry) => ({
    entry,
    devices: devicesFor(session, state, each, entry),
  }));
  const asked = entries.flatMap(({ devices }) => devices);
  const isOfCard = isOfCardAmong(state.inventory.devices);
  const handed = entries.flatMap(({ entry, devices }) =>
    toDefinedHostdevs(state, withGroups(state, devices), wishesOf(session, entry, definition.category)),
  );
  const devices = handed
    .filter(({ of }, index) => handed.findIndex((other) => other.of === of) === index)
    .map(({ of, device }) => ({
      ...{ device: of, handed: device, policy: 'shared' as const, asked: asked.includes(of) },
      others: state.inventory.devices,
    }));
  refuseSecondHolder(
    devices,
    [vm],
    known.filter(({ uuid }) => uuid !== vm.uuid),
  );
  const assignment = assignOnly(vm, devices, state.inventory.devices, isOfCard);
  return {
    steps: assignmentSteps(uri, assignment),
    functions: devices.map(({ device }) => device.address),
    locked: Object.fromEntries(
      entries.map(({ entry, devices: found }) => [
        pciEntryText(entry),
        found.map((device) => keptDeviceOf(device, null, state.inventory.devices)),
      ]),
    ),
  };
}

/** The devices of an entry: those that the lock file remembers, or those that match. */
function devicesFor(
  session: HostSession,
  state: HostdevState,
  { machine, locked }: ProjectMachine,
  entry: PciDefinition,
): readonly PciDevice[] {
  const { devices } = state.inventory;
  const remembered = locked.devices[pciEntryText(entry)];
  if (remembered !== undefined && remembered.length > 0) {
    return remembered.map((record) => {
      const { kind, device } = findPersisted(record, devices);
      if (device !== null && (kind === 'here' || kind === 'moved')) return device;
      throw new PortalGunError(
        'DEVICE_NOT_FOUND',
        `had the device ${record.id} at ${record.address}, which ${kind === 'missing' ? 'is not on the host' : 'cannot be recognized for sure'}`,
        {
          subject: machine.definition.name,
          hint: `${vfHint(record, devices)}to choose again, remove "${pciEntryText(entry)}" from the devices of ${machine.definition.name} in portal.lock`,
        },
      );
    });
  }
  const matching = devices.filter((device) => matches(entry, device));
  const spared =
    entry.selector?.sparesUplink === true ? networkUse(session, state, matching) : new Set<PciAddress>();
  const found = matching.filter(({ address }) => !spared.has(address));
  if (found.length > 0) return found;
  throw new PortalGunError(
    'DEVICE_NOT_FOUND',
    spared.size > 0
      ? `no device matches "${pciEntryText(entry)}": the host is on a network by all that would`
      : `no device matches "${pciEntryText(entry)}"`,
    { subject: machine.definition.name, hint: 'list the devices: pci list' },
  );
}

/** How the VF of a PF that is here is created again: after a boot it has none, unless they are persisted. */
function vfHint({ vf }: PersistedDevice, devices: readonly PciDevice[]): string {
  const pf = vf === undefined ? undefined : devices.find((device) => isDeviceOf(vf.pf, device));
  return vf === undefined || pf === undefined
    ? ''
    : `create the VFs of its PF: pci sriov set ${pf.address} --vfs ${vf.index + 1} --persist; or `;
}

function matches({ selector, identity }: PciDefinition, device: PciDevice): boolean {
  if (selector !== null) return selector.selector.matches(device);
  const known = identityOf(device);
  return Object.entries(identity ?? {}).every(
    ([part, value]) => known[part as keyof typeof known]?.toLowerCase() === value?.toLowerCase(),
  );
}

/** The functions by which the host is, or may be, on a network, with the others of their groups. */
function networkUse(
  session: HostSession,
  state: HostdevState,
  devices: readonly PciDevice[],
): ReadonlySet<PciAddress> {
  const units = devices.map((device) => ({
    device,
    unit: withGroups(state, [device]).map(({ address }) => address),
  }));
  const findings = findAssignmentSafety(session, state, [...new Set(units.flatMap(({ unit }) => unit))]);
  const used = new Set(findings.filter(({ name }) => NETWORK_RULE.test(name)).map(({ subject }) => subject));
  return new Set(
    units.filter(({ unit }) => unit.some((address) => used.has(address))).map(({ device }) => device.address),
  );
}

function wishesOf(
  session: HostSession,
  { rom }: PciDefinition,
  category: string,
): ReturnType<typeof hostdevOptionsOf> {
  const choice = rom === null ? {} : { rom: rom ? 'on' : 'off' };
  return hostdevOptionsOf(session, choice, category);
}

/** How the lock file names an entry. */
export function pciEntryText({ selector, identity }: PciDefinition): string {
  if (selector !== null) return selector.text;
  return Object.entries(identity ?? {})
    .map(([part, value]) => `${part}=${value}`)
    .join(' ');
}

function refuseTwice(address: PciAddress, one: string, other: string): never {
  throw new PortalGunError('ASSIGNED_ELSEWHERE', `would go to two machines: ${one} and ${other}`, {
    subject: address,
    hint: 'change the selector of one of them: see portal show NAME',
  });
}
