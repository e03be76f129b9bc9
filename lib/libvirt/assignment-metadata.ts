import { isPersistedDevice, type PersistedDevice } from '../pci/persisted-device.ts';
import { ALIAS_PREFIX, ASSIGNMENT_POLICIES, type Assignment } from './assignment.ts';
import { findMachineMetadata, MACHINE_NAMESPACE } from './machine-metadata.ts';
import { failInXml, type XmlDocument } from './xml-document.ts';
import type { XmlElement } from './xml-element.ts';
import { namespaceOf, namespacesIn, splitName } from './xml-namespace.ts';
import { formatXml } from './xml-text.ts';

const ELEMENT = 'assignment';
// It is put into scripts and definitions: nothing is taken that libvirt would not take.
const ALIAS = new RegExp(`^${ALIAS_PREFIX}[\\w.-]+$`);
// A card may say anything; an attribute holds no control character, and makes a blank of every other white space.
const KEEPABLE = /^[\x20-\x7e\xa0-\ud7ff]*$/;

/**
 * Reads what is kept of assignments in a machine's definition, in the order of the document:
 *
 *     <portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="router">
 *       <portal-gun:assignment alias="ua-portal-gun-0000-01-00-0" policy="shared" address="0000:01:00.0"
 *         path="pci0000:00/01.0/00.0" id="8086:10c9" subsystem="8086:a03c" group="10"/>
 *     </portal-gun:machine>
 *
 * @throws PortalGunError BAD_XML, with line and column, where one is not of that form, or two are of one alias
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

/** The elements of assignments, in whatever prefix. */
export function findAssignments(document: XmlDocument): readonly XmlElement[] {
  const found = findMachineMetadata(document);
  if (found === null) return [];
  const inside = namespacesIn(found.element, found.outside);
  return found.element.children.filter(
    (child) =>
      splitName(child.name).local === ELEMENT &&
      namespaceOf(child, namespacesIn(child, inside)) === MACHINE_NAMESPACE,
  );
}

/**
 * An assignment as it is kept, without a product's serial number that an attribute can't hold.
 *
 * @param prefix what stands for our namespace where it is put
 */
export function formatAssignment({ alias, policy, device, iommuGroup }: Assignment, prefix: string): string {
  const { address, path, id, subsystem, deviceSerial, productSerial, mac } = device;
  const plain = formatXml([
    {
      name: ELEMENT,
      attributes: {
        alias,
        policy,
        address,
        path,
        id,
        subsystem: subsystem ?? undefined,
        serial: deviceSerial?.value,
        'serial-at': deviceSerial === null ? undefined : `0x${deviceSerial.offset.toString(16)}`,
        'product-serial': productSerial !== null && KEEPABLE.test(productSerial) ? productSerial : undefined,
        mac: mac ?? undefined,
        group: iommuGroup === null ? undefined : String(iommuGroup),
      },
    },
  ]);
  // What is written alone can't have a prefix, which is declared where it is put.
  return prefix === '' ? plain : plain.replace('<', `<${prefix}:`);
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
  return {
    alias,
    policy: policy ?? fail(`policy of ${ASSIGNMENT_POLICIES.join(', ')}`),
    device: deviceOf(attributes) ?? fail('device that could be found again'),
    iommuGroup: group === null ? null : Number(group),
  };
}

function deviceOf(attributes: ReadonlyMap<string, string>): PersistedDevice | null {
  const text = (name: string): string | null => attributes.get(name) ?? null;
  const serial = text('serial');
  const device = {
    address: text('address'),
    path: text('path'),
    id: text('id'),
    subsystem: text('subsystem'),
    deviceSerial: serial === null ? null : { offset: Number(text('serial-at')), value: serial },
    productSerial: text('product-serial'),
    mac: text('mac'),
  };
  return isPersistedDevice(device) ? (device as PersistedDevice) : null;
}
