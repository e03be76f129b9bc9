import type { MediatedHostDevice, PciHostDevice, VfInterface } from '../hostdev/host-device.ts';
import { parseHostDevices } from '../hostdev/host-device-parser.ts';
import { controllerIndex } from '../machine/taken-device.ts';
import type { XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.ts';
import type { AssignedDevice, AssignedState } from './assignment.ts';
import { ALIAS_PREFIX, PORT_ALIAS_PREFIX } from './assignment.ts';
import { parseAssignments } from './assignment-metadata.ts';

/** A device of the host that we gave a machine. */
export interface OwnDevice {
  readonly device: PciHostDevice | VfInterface | MediatedHostDevice;
  readonly element: XmlElement;
}

/** A root port that we added to a machine. */
export interface OwnPort {
  readonly index: number;
  readonly element: XmlElement;
}

/**
 * Reads what is ours in a machine's definition.
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
 * The devices of the host in a machine's document that are ours: of one that runs, those that it has by us now.
 *
 * @throws PortalGunError BAD_XML, with line and column
 */
export function readOwnDevices(document: XmlDocument): readonly (PciHostDevice | VfInterface)[] {
  return ownDevices(document).flatMap(({ device }) => (device.kind === 'mdev' ? [] : [device]));
}

/** A device that a machine has by us as it runs. */
export type HeldDevice = AssignedDevice & { readonly device: PciHostDevice | VfInterface };

/** What a machine that runs has by us, each with what is kept of it, where that is. */
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

/** The elements of the devices that are ours, with what they say. */
export function ownDevices(document: XmlDocument): readonly OwnDevice[] {
  return parseHostDevices(document).flatMap(({ device, element }) =>
    device.kind !== 'pool-interface' && device.alias?.startsWith(ALIAS_PREFIX) === true
      ? [{ device, element }]
      : [],
  );
}

/** The root ports that are ours, by the number of their bus. */
export function ownPorts({ root }: XmlDocument): readonly OwnPort[] {
  return childrenOf(childOf(root, 'devices'), 'controller')
    .filter(
      (element) => childOf(element, 'alias')?.attributes.get('name')?.startsWith(PORT_ALIAS_PREFIX) === true,
    )
    .flatMap((element) => {
      const index = controllerIndex(element);
      // Somebody changed it: it is no port of ours any more.
      return index === null ? [] : [{ index, element }];
    })
    .sort((a, b) => a.index - b.index);
}
