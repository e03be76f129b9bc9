import type { HostDevice } from '../hostdev/host-device.ts';
import { formatHostDevice, formatRootPort } from '../hostdev/host-device-text.ts';
import { findMachineMetadata, MACHINE_NAMESPACE, MACHINE_PREFIX } from '../machine/machine-metadata.ts';
import { parseGuestAddress, parseXmlNumber } from '../xml/pci-address-xml.ts';
import { failInXml, parseXml, type XmlDocument } from '../xml/xml-document.ts';
import {
  appendLines,
  applyEdits,
  emptyElement,
  removeElement,
  replaceElement,
  type XmlEdit,
} from '../xml/xml-edit.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.ts';
import { splitName } from '../xml/xml-namespace.ts';
import { ownDevices, ownPorts } from './assigned-devices.ts';
import type { AssignedState, Assignment } from './assignment.ts';
import { PORT_ALIAS_PREFIX } from './assignment.ts';
import { findAssignments, parseAssignments } from './assignment-metadata.ts';
import { formatAssignment } from './assignment-text.ts';
import { slotKey } from './guest-buses.ts';
import { slotForNewPort } from './guest-topology.ts';

/** Whether two states are the same, in any order. */
export function isSameState(a: AssignedState, b: AssignedState): boolean {
  return canonical(a) === canonical(b);
}

function canonical({ devices, rootPorts }: AssignedState): string {
  const lines = devices.map(({ assignment, device }) => [
    assignment === null ? null : formatAssignment(assignment, ''),
    device === null ? null : formatHostDevice(device),
  ]);
  return JSON.stringify([lines.map((line) => JSON.stringify(line)).sort(), rootPorts]);
}

/**
 * A VM's definition with a new state of the parts of portal-gun, and everything else unchanged, to the byte.
 *
 * @throws PortalGunError BAD_XML if devices cannot be added to the definition
 */
export function withAssigned(document: XmlDocument, goal: AssignedState): string {
  // One after the other, because both may change adjacent text.
  const devices = parseXml(applyEdits(document, deviceEdits(document, goal)), document.name);
  return withMetadata(
    devices,
    goal.devices.flatMap(({ assignment }) => (assignment === null ? [] : [assignment])),
  );
}

function deviceEdits(document: XmlDocument, goal: AssignedState): readonly XmlEdit[] {
  const parent =
    childOf(document.root, 'devices') ?? failInXml(document, document.root.start, 'has no devices');
  const have = ownDevices(document);
  const wanted = goal.devices.flatMap(({ device }) => (device === null ? [] : [device]));
  const isSame = (a: HostDevice, b: HostDevice): boolean => formatHostDevice(a) === formatHostDevice(b);
  const goalOf = (alias: string | null) => wanted.find((each) => each.alias === alias);
  const gone = have.filter(({ device }) => goalOf(device.alias) === undefined);
  const goneElements = new Set(gone.map(({ element }) => element));
  const ports = ownPorts(document);
  const gonePorts = ports.filter(
    ({ index }) => !goal.rootPorts.includes(index) && !isPlugged(parent, index, goneElements),
  );
  const newPorts = goal.rootPorts.filter((index) => !ports.some((port) => port.index === index));
  const portSlots: number[] = [];
  for (const _ of newPorts) {
    const slot = slotForNewPort(document.root, portSlots);
    if (slot !== null) portSlots.push(slot);
  }
  const newDevices = wanted.filter(({ alias }) => !have.some(({ device }) => device.alias === alias));
  const lines = [
    ...newPorts.map((index, at) => formatRootPort(index, portAlias(index), portSlots[at] ?? null)),
    ...newDevices.map(formatHostDevice),
  ].flatMap((text) => text.split('\n'));
  return [
    ...gone.map(({ element }) => removeElement(document, element)),
    ...gonePorts.map(({ element }) => removeElement(document, element)),
    ...have.flatMap(({ device, element }) => {
      const then = goalOf(device.alias);
      if (then === undefined || isSame(device, then)) return [];
      return [replaceElement(document, element, formatHostDevice(then).split('\n'))];
    }),
    ...soloEdits(document, goal, goneElements),
    ...(lines.length === 0 ? [] : [appendLines(document, parent, lines)]),
  ];
}

/**
 * Removes `multifunction='on'` from a function 0 that does not belong to portal-gun, if a function of portal-gun
 * joined it and is removed: libvirt added it, and does not remove it.
 */
function soloEdits(
  document: XmlDocument,
  goal: AssignedState,
  going: ReadonlySet<XmlElement>,
): readonly XmlEdit[] {
  const joined = new Set(
    parseAssignments(document).flatMap(({ alias, joinsSlot }) => (joinsSlot === true ? [alias] : [])),
  );
  const places = ownDevices(document).flatMap(({ device, element }) =>
    going.has(element) && joined.has(device.alias ?? '') && device.guestAddress !== null
      ? [device.guestAddress]
      : [],
  );
  const slots = new Map(places.map((place) => [slotKey(place), place] as const));
  const all = (childOf(document.root, 'devices')?.children ?? [])
    .filter((element) => !going.has(element))
    .flatMap((element) => childrenOf(element, 'address'))
    .filter(({ attributes }) => attributes.get('type') === 'pci');
  return [...slots.keys()].flatMap((slot): readonly XmlEdit[] => {
    const isJoinedByGoal = goal.devices.some(
      ({ device }) => device?.guestAddress && slotKey(device.guestAddress) === slot,
    );
    const there = all.filter((address) => slotKey(parseGuestAddress(document, address)) === slot);
    const [first] = there;
    if (isJoinedByGoal || first === undefined || there.length > 1) return [];
    const text = document.text.slice(first.start, first.end);
    const found = /\s+multifunction\s*=\s*(?:'on'|"on")/.exec(text);
    if (found === null) return [];
    const start = first.start + found.index;
    return [{ start, end: start + found[0].length, text: '' }];
  });
}

function portAlias(index: number): string {
  return `${PORT_ALIAS_PREFIX}${index}`;
}

/** Whether a port has a device of the VM, other than those that are removed. */
function isPlugged(devices: XmlElement, index: number, going: ReadonlySet<XmlElement>): boolean {
  return devices.children
    .filter((device) => !going.has(device))
    .flatMap((device) => childrenOf(device, 'address'))
    .some(
      ({ attributes }) =>
        attributes.get('type') === 'pci' && parseXmlNumber(attributes.get('bus') ?? '0') === index,
    );
}

function withMetadata(document: XmlDocument, assignments: readonly Assignment[]): string {
  const found = findMachineMetadata(document);
  if (found === null) {
    if (assignments.length === 0) return document.text;
    const lines = [
      `<${MACHINE_PREFIX}:machine xmlns:${MACHINE_PREFIX}="${MACHINE_NAMESPACE}">`,
      ...assignments.map((each) => `  ${formatAssignment(each, MACHINE_PREFIX)}`),
      `</${MACHINE_PREFIX}:machine>`,
    ];
    const metadata = childOf(document.root, 'metadata');
    if (metadata !== undefined) return applyEdits(document, [appendLines(document, metadata, lines)]);
    const whole = ['<metadata>', ...lines.map((line) => `  ${line}`), '</metadata>'];
    return applyEdits(document, [appendLines(document, document.root, whole)]);
  }
  const { element } = found;
  const { prefix } = splitName(element.name);
  const have = findAssignments(document);
  const parsed = parseAssignments(document);
  const isKept = (assignment: Assignment | undefined): boolean =>
    assignment !== undefined &&
    assignments.some((each) => formatAssignment(each, '') === formatAssignment(assignment, ''));
  const gone = have.filter((_, index) => !isKept(parsed[index]));
  const added = assignments.filter(
    (each) => !parsed.some((known) => formatAssignment(known, '') === formatAssignment(each, '')),
  );
  const isEmptied = added.length === 0 && gone.length > 0 && holdsNothingElse(document, element, gone);
  if (isEmptied && [...element.attributes.keys()].every((name) => name.startsWith('xmlns'))) {
    const metadata = childOf(document.root, 'metadata');
    // Comments and text may belong to others.
    const isAlone = metadata !== undefined && holdsNothingElse(document, metadata, [element]);
    return applyEdits(document, [
      removeElement(document, isAlone && metadata !== undefined ? metadata : element),
    ]);
  }
  if (isEmptied) return applyEdits(document, [emptyElement(document, element)]);
  const edits = [
    ...gone.map((each) => removeElement(document, each)),
    ...(added.length === 0
      ? []
      : [
          appendLines(
            document,
            element,
            added.map((each) => formatAssignment(each, prefix)),
          ),
        ]),
  ];
  return applyEdits(document, edits);
}

/** Whether an element contains only these, and no other element, text or comment. */
function holdsNothingElse(
  document: XmlDocument,
  { content }: XmlElement,
  children: readonly XmlElement[],
): boolean {
  if (content === null) return true;
  const left = applyEdits(
    { ...document, text: document.text.slice(0, content.end) },
    children.map(({ start, end }) => ({ start, end, text: '' })),
  );
  return left.slice(content.start).trim() === '';
}
