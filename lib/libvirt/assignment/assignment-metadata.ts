import { isPersistedDevice, type PersistedDevice } from '../../pci/persisted/persisted-device.ts';
import { findMachineMetadata, MACHINE_NAMESPACE } from '../machine/machine-metadata.ts';
import { failInXml, type XmlDocument } from '../xml/xml-document.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { namespaceOf, namespacesIn, splitName } from '../xml/xml-namespace.ts';
import { ALIAS_PREFIX, ASSIGNMENT_POLICIES, type Assignment } from './assignment.ts';

/** The name of an assignment's element, without a prefix. */
export const ASSIGNMENT_ELEMENT = 'assignment';
// It is put into scripts and definitions, so only text that libvirt accepts is allowed.
const ALIAS = new RegExp(`^${ALIAS_PREFIX}[\\w.-]+$`);

/** Names of rules, separated by spaces. */
const RULES = /^[a-z][a-z0-9-]{0,63}( [a-z][a-z0-9-]{0,63}){0,63}$/;

/**
 * Reads the assignment records in a VM's definition, in the order of the document:
 *
 *     <portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="router">
 *       <portal-gun:assignment alias="ua-portal-gun-0000-01-00-0" policy="shared" address="0000:01:00.0"
 *         path="pci0000:00/01.0/00.0" id="8086:10c9" subsystem="8086:a03c" group="10"/>
 *     </portal-gun:machine>
 *
 * @throws PortalGunError BAD_XML, with line and column, if one has another form, or if two have the same alias
 */
export function parseAssignments(document: XmlDocument): readonly Assignment[] {
  const aliases = new Set<string>();
  return findAssignments(document).map((element) => {
    const assignment = parseAssignment(document, element);
    if (aliases.has(assignment.alias)) {
      failInXml(document, element.start, `is a second assignment of the alias ${assignment.alias}`);
    }
    aliases.add(assignment.alias);
    return assignment;
  });
}

/** The elements of assignments, with any prefix. */
export function findAssignments(document: XmlDocument): readonly XmlElement[] {
  const found = findMachineMetadata(document);
  if (found === null) return [];
  const inside = namespacesIn(found.element, found.outside);
  return found.element.children.filter(
    (child) =>
      splitName(child.name).local === ASSIGNMENT_ELEMENT &&
      namespaceOf(child, namespacesIn(child, inside)) === MACHINE_NAMESPACE,
  );
}

function parseAssignment(document: XmlDocument, element: XmlElement): Assignment {
  const fail = (what: string): never =>
    failInXml(document, element.start, `is an assignment with no ${what}`);
  const { attributes } = element;
  const alias = attributes.get('alias') ?? '';
  if (!ALIAS.test(alias)) fail(`alias that begins with ${ALIAS_PREFIX}`);
  const policy = ASSIGNMENT_POLICIES.find((each) => each === attributes.get('policy'));
  const group = attributes.get('group') ?? null;
  if (group !== null && !/^\d{1,9}$/.test(group)) fail('number as its group');
  const allow = attributes.get('allow') ?? null;
  if (allow !== null && !RULES.test(allow)) fail('names of safety rules that it allows');
  return {
    alias,
    policy: policy ?? fail(`policy of ${ASSIGNMENT_POLICIES.join(', ')}`),
    device: deviceOf(attributes) ?? fail('device that can be found again'),
    iommuGroup: group === null ? null : Number(group),
    ...(allow === null ? {} : { allowed: allow.split(' ').sort() }),
    ...(attributes.get('joins-slot') === 'yes' ? { joinsSlot: true } : {}),
  };
}

function deviceOf(attributes: ReadonlyMap<string, string>): PersistedDevice | null {
  const vf = attributes.get('vf');
  const device = {
    address: attributes.get('address') ?? null,
    ...traitsIn(attributes, ''),
    ...(vf === undefined ? {} : { vf: { pf: traitsIn(attributes, 'pf-'), index: Number(vf) } }),
  };
  return isPersistedDevice(device) ? (device as object as PersistedDevice) : null;
}

function traitsIn(
  attributes: ReadonlyMap<string, string>,
  prefix: string,
): Readonly<Record<string, unknown>> {
  const text = (name: string): string | null => attributes.get(prefix + name) ?? null;
  const serial = text('serial');
  const later = ['drive', 'model', 'wwn', 'guid'].flatMap((name) => {
    const value = text(name);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    path: text('path'),
    id: text('id'),
    subsystem: text('subsystem'),
    deviceSerial: serial === null ? null : { offset: Number(text('serial-at')), value: serial },
    productSerial: text('product-serial'),
    ...Object.fromEntries(later),
    mac: text('mac'),
  };
}
