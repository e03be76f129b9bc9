import type { MediatedHostDevice, PciHostDevice, VfInterface } from '../hostdev/host-device.ts';
import { parseHostDevices } from '../hostdev/host-device-parser.ts';
import { controllerIndex } from '../machine/taken-device.ts';
import type { XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.ts';
import type { AssignedDevice, AssignedState } from './assignment.ts';
import { ALIAS_PREFIX, PORT_ALIAS_PREFIX } from './assignment.ts';
import { parseAssignments } from './assignment-metadata.ts';

/** A host device that pci assign added to a VM. */
export interface OwnDevice {
  readonly device: PciHostDevice | VfInterface | MediatedHostDevice;
  readonly element: XmlElement;
}

/** A root port that pci assign added to a VM. */
export interface OwnPort {
  readonly index: number;
  readonly element: XmlElement;
}

/**
 * Reads the parts of a VM's definition that belong to portal-gun.
 *
 * @throws PortalGunError BAD_XML, with line and column
 */
export function readAssigned(document: XmlDocument): AssignedState {
  const assignments = new Map(parseAssignments(document).map((each) => [each.alias, each]));
  const devices = new Map(
    ownDevices(document).flatMap(({ device }) =>
      device.alias === null ? [] : [[device.alias, device] as const],
    ),
  );
  const aliases = [...new Set([...assignments.keys(), ...devices.keys()])].sort();
  return {
    devices: aliases.map(
      (alias): AssignedDevice => ({
        alias,
        assignment: assignments.get(alias) ?? null,
        device: devices.get(alias) ?? null,
      }),
    ),
    rootPorts: ownPorts(document).map(({ index }) => index),
  };
}

/**
 * Reads the host devices in the XML of a VM that pci assign added; for a running VM, those that it has now.
 *
 * @throws PortalGunError BAD_XML, with line and column
 */
export function readOwnDevices(document: XmlDocument): readonly (PciHostDevice | VfInterface)[] {
  return ownDevices(document).flatMap(({ device }) => (device.kind === 'mdev' ? [] : [device]));
}

/** A device from pci assign that a running VM has. */
export type HeldDevice = AssignedDevice & { readonly device: PciHostDevice | VfInterface };

/** The devices from pci assign that a running VM has, each with its record if there is one. */
export function assignedNow({
  live,
  definition,
}: {
  readonly live: { readonly document: XmlDocument };
  readonly definition: { readonly document: XmlDocument } | null;
}): readonly HeldDevice[] {
  const kept = [live, ...(definition === null ? [] : [definition])].flatMap(
    ({ document }) => readAssigned(document).devices,
  );
  return readOwnDevices(live.document).map((device) => {
    const alias = device.alias ?? '';
    const known = kept.find((each) => each.alias === alias && each.assignment !== null);
    return { alias, assignment: known?.assignment ?? null, device };
  });
}

/** The elements of the devices that pci assign added, with their contents. */
export function ownDevices(document: XmlDocument): readonly OwnDevice[] {
  return parseHostDevices(document).flatMap(({ device, element }) =>
    device.kind !== 'pool-interface' && device.alias?.startsWith(ALIAS_PREFIX) === true
      ? [{ device, element }]
      : [],
  );
}

/** The root ports that pci assign added, by the number of their bus. */
export function ownPorts({ root }: XmlDocument): readonly OwnPort[] {
  return childrenOf(childOf(root, 'devices'), 'controller')
    .filter(
      (element) => childOf(element, 'alias')?.attributes.get('name')?.startsWith(PORT_ALIAS_PREFIX) === true,
    )
    .flatMap((element) => {
      const index = controllerIndex(element);
      // Another program changed it, so it is no longer a port of pci assign.
      return index === null ? [] : [{ index, element }];
    })
    .sort((a, b) => a.index - b.index);
}
