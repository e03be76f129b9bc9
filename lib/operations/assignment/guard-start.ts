import { safetyHost } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { checkSafety } from '../../checks/safety/check-safety.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { SafetyHost } from '../../checks/safety/safety-view.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { findUnreadable } from '../../libvirt/assignment/unreadable-assignments.ts';
import { type Machine, parseMachine } from '../../libvirt/machine/machine.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml/xml-document.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import { areOfOneKind, TRAIT_FIELDS, traitsOf } from '../../pci/device-traits.ts';
import { groupDevices } from '../../pci/group/iommu-group.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { concernedWith } from '../../pci/selector/concerned-devices.ts';
import { type AssignmentStatus, assignmentStatuses } from '../../plan/assignment/assignment-status.ts';
import { startHint, startProblems, useProblems } from '../../plan/persistence/start-guard.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import type { HostSession } from '../session/host-session.ts';

/**
 * Answers the libvirt hook whether a VM may start with the devices in its XML: returns if it may.
 *
 * @param document the XML that libvirt passes to its hooks
 * @throws PortalGunError START_REFUSED, BAD_XML, and the errors of opening the host
 */
export function guardStart({ host }: HostSession, document: string | Uint8Array): void {
  refuseStart(host, parseXml(document, 'the VM'));
}

/**
 * Checks whether a VM may take the devices in its XML from a host: whether each device is the recorded one, and
 * whether the host uses it now.
 *
 * @throws PortalGunError START_REFUSED, BAD_XML
 */
export function refuseStart(host: HostReader, parsed: XmlDocument): void {
  const machine = parseMachine(parsed, () => undefined);
  const document = { ...parsed, name: machine.name };
  const unreadable = findUnreadable(document, machine, 'definition');
  if (unreadable !== null) throw unreadable;
  const inventory = readInventory(
    host,
    NO_NAMES,
    [...new Set([...SAFETY_FIELDS, ...TRAIT_FIELDS])],
    (devices) => probedFor(machine, document, devices),
  );
  const statuses = assignmentStatuses({ definition: { document }, live: null }, inventory.devices);
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  const held = refusalsOf(givenTo(machine, statuses), safetyHost(host, inventory.devices, groups));
  const drift = startProblems(statuses);
  const problems = [...drift, ...useProblems(held)];
  if (problems.length === 0) return;
  throw new PortalGunError('START_REFUSED', problems.join('; '), {
    subject: machine.name,
    ...(drift.length > 0 ? {} : { hint: startHint(machine.name, held) }),
  });
}

/** The devices of the VM, and those of the same kinds as the assigned ones, because one of these may have moved. */
function probedFor(
  { devices: taken }: Machine,
  document: XmlDocument,
  devices: readonly PciDevice[],
): readonly PciDevice[] {
  const assigned = readAssigned(document).devices;
  const addresses = new Set([
    ...taken.flatMap(({ device }) => ('address' in device ? (device.address ?? []) : [])),
    ...assigned.map(addressOf),
  ]);
  const kinds = assigned.flatMap(({ assignment }) =>
    assignment === null
      ? []
      : [assignment.device, ...(assignment.device.vf === undefined ? [] : [assignment.device.vf.pf])],
  );
  const named = devices.filter(({ address }) => addresses.has(address));
  const isOfKind = (device: PciDevice): boolean => kinds.some((kind) => areOfOneKind(kind, traitsOf(device)));
  return [...concernedWith(devices, named), ...devices.filter(isOfKind)];
}

/** Every function that the VM takes, from any program, with the rules that were accepted at its assignment. */
function givenTo(
  { devices }: Machine,
  statuses: readonly AssignmentStatus<DeviceWith<never>>[],
): ReadonlyMap<PciAddress, ReadonlySet<string>> {
  const given = new Map<PciAddress, ReadonlySet<string>>();
  for (const { device } of devices) {
    if ('address' in device && device.address !== null) given.set(device.address, new Set());
  }
  for (const { assigned } of statuses) {
    const address = addressOf(assigned);
    if (address !== null) given.set(address, new Set(assigned.assignment?.allowed));
  }
  return given;
}

/** The current uses by the host that prevent the start, the most severe first. */
function refusalsOf(
  given: ReadonlyMap<PciAddress, ReadonlySet<string>>,
  host: SafetyHost,
): readonly Finding[] {
  const refusals = [...given]
    .filter(([address]) => host.devices.some((device) => device.address === address))
    .flatMap(([address, allowed]) => refusalsAmong(checkSafety([address], host), allowed))
    // libvirt itself checks which VM has a device, which is impossible here.
    .filter(({ name, severity }) => name !== 'machine-has-it' || severity !== 'unknown');
  return (['forbids', 'refuses', 'unknown'] as const).flatMap((severity) =>
    refusals.filter((each) => each.severity === severity),
  );
}
