import { type PciAddress, parsePciAddress } from '../../pci/address.ts';
import type { Vpd } from '../../pci/config/vpd.ts';
import { parseHostAddress } from '../xml/pci-address-xml.ts';
import { failInXml, type XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.ts';
import { filledText, idOf, numberIn } from '../xml/xml-facts.ts';
import type {
  MdevType,
  NodeIommuGroup,
  NodeLink,
  NodeLinkState,
  NodeVirtualFunctions,
  PciCapability,
} from './node-device.ts';

/**
 * Reads `<capability type='pci'>` of a node device:
 *
 * ```xml
 * <class>0x020000</class>
 * <domain>0</domain> <bus>0</bus> <slot>25</slot> <function>0</function>
 * <product id='0x1502'>82579LM Gigabit Network Connection</product>
 * <vendor id='0x8086'>Intel Corporation</vendor>
 * <capability type='virt_functions' maxCount='7'><address domain='0x0000' bus='0x02' …/></capability>
 * <iommuGroup number='7'><address domain='0x0000' bus='0x00' slot='0x19' function='0x0'/></iommuGroup>
 * <numa node='0'/>
 * <pci-express><link validity='cap' port='0' speed='16' width='8'/><link validity='sta' …/></pci-express>
 * ```
 *
 * libvirt writes the four numbers in decimal, and addresses in hex; in either both are taken.
 *
 * @throws PortalGunError BAD_XML
 */
export function parsePciCapability(document: XmlDocument, pci: XmlElement): PciCapability {
  const of = (type: string): XmlElement | undefined =>
    childrenOf(pci, 'capability').find(({ attributes }) => attributes.get('type') === type);
  const vpd = of('vpd');
  const physical = of('phys_function');
  return {
    kind: 'pci',
    address: parseOwnAddress(document, pci),
    classCode: parseClass(document, pci),
    vendor: idOf(document, pci, 'vendor'),
    product: idOf(document, pci, 'product'),
    numaNode: wholeNumber(document, childOf(pci, 'numa'), 'node'),
    iommuGroup: parseGroup(document, childOf(pci, 'iommuGroup')),
    link: parseLink(document, childOf(pci, 'pci-express')),
    virtualFunctions: parseVirtualFunctions(document, of('virt_functions')),
    physicalFunction: physical === undefined ? null : (addressesIn(document, physical)[0] ?? null),
    bridge: (['pci-bridge', 'cardbus-bridge'] as const).find((type) => of(type) !== undefined) ?? null,
    mdevTypes: childrenOf(of('mdev_types'), 'type').map((type) => parseMdevType(document, type)),
    vpd: vpd === undefined ? null : parseVpdFields(vpd),
  };
}

function parseOwnAddress(document: XmlDocument, pci: XmlElement): PciAddress {
  const part = (name: string): string => {
    const number = numberIn(document, pci, name);
    return (number ?? failInXml(document, pci.start, `has no ${name}`)).toString(16);
  };
  const text = `${part('domain')}:${part('bus')}:${part('slot')}.${part('function')}`;
  return parsePciAddress(text) ?? failInXml(document, pci.start, `is at no PCI address: ${text}`);
}

function parseClass(document: XmlDocument, pci: XmlElement): string | null {
  const text = filledText(pci, 'class');
  if (text === null) return null;
  const code = /^0x([0-9a-f]{1,6})$/i.exec(text)?.[1];
  if (code === undefined) return failInXml(document, pci.start, `has no class: "${text.slice(0, 40)}"`);
  return code.toLowerCase().padStart(6, '0');
}

function parseGroup(document: XmlDocument, group: XmlElement | undefined): NodeIommuGroup | null {
  if (group === undefined) return null;
  const number = wholeNumber(document, group, 'number');
  if (number === null) return failInXml(document, group.start, 'has no number');
  return { number, members: addressesIn(document, group) };
}

/** Older libvirts also write it for VFs, without a number or an address. */
function parseVirtualFunctions(
  document: XmlDocument,
  capability: XmlElement | undefined,
): NodeVirtualFunctions | null {
  if (capability === undefined) return null;
  const max = wholeNumber(document, capability, 'maxCount');
  const addresses = addressesIn(document, capability);
  return max === null && addresses.length === 0 ? null : { max, addresses };
}

function addressesIn(document: XmlDocument, element: XmlElement): readonly PciAddress[] {
  return childrenOf(element, 'address').map((address) => parseHostAddress(document, address));
}

/** For conventional PCI, and for functions inside the root complex, the element is missing or empty. */
function parseLink(document: XmlDocument, express: XmlElement | undefined): NodeLink | null {
  const links = childrenOf(express, 'link');
  if (links.length === 0) return null;
  const of = (validity: string): XmlElement | undefined =>
    links.find(({ attributes }) => attributes.get('validity') === validity);
  return {
    port: wholeNumber(document, of('cap'), 'port'),
    max: parseLinkState(document, of('cap')),
    current: parseLinkState(document, of('sta')),
  };
}

function parseLinkState(document: XmlDocument, link: XmlElement | undefined): NodeLinkState | null {
  if (link === undefined) return null;
  const speed = link.attributes.get('speed');
  if (speed !== undefined && !/^\d{1,3}(\.\d)?$/.test(speed)) {
    failInXml(document, link.start, `has no speed: "${speed.slice(0, 40)}"`);
  }
  return {
    speedGts: speed === undefined ? null : Number(speed),
    width: wholeNumber(document, link, 'width'),
  };
}

function parseMdevType(document: XmlDocument, type: XmlElement): MdevType {
  return {
    id: type.attributes.get('id') ?? failInXml(document, type.start, 'has no id'),
    name: filledText(type, 'name'),
    deviceApi: filledText(type, 'deviceAPI'),
    availableInstances: numberIn(document, type, 'availableInstances'),
  };
}

/** The names in libvirt of the VPD keywords. */
const KEYWORDS: Readonly<Record<string, string>> = {
  change_level: 'EC',
  manufacture_id: 'MN',
  part_number: 'PN',
  serial_number: 'SN',
  asset_tag: 'YA',
};
const INDEXED: Readonly<Record<string, string>> = { vendor_field: 'V', system_field: 'Y' };

function parseVpdFields(vpd: XmlElement): Vpd {
  const fieldsOf = (access: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      childrenOf(vpd, 'fields')
        .filter(({ attributes }) => attributes.get('access') === access)
        .flatMap(({ children }) => children)
        .flatMap((field) => {
          const keyword = keywordOf(field);
          return keyword === undefined ? [] : [[keyword, field.text]];
        }),
    );
  const fields = fieldsOf('readonly');
  return {
    productName: filledText(vpd, 'name'),
    fields,
    writableFields: fieldsOf('readwrite'),
    serial: fields['SN'] ?? null,
    partNumber: fields['PN'] ?? null,
    problems: [],
  };
}

function keywordOf({ name, attributes }: XmlElement): string | undefined {
  const index = attributes.get('index') ?? '';
  const letter = Object.hasOwn(INDEXED, name) ? INDEXED[name] : undefined;
  if (letter !== undefined) return /^[0-9A-Z]$/.test(index) ? `${letter}${index}` : undefined;
  return Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
}

/** A decimal attribute of libvirt; `null` if it is missing. */
function wholeNumber(document: XmlDocument, element: XmlElement | undefined, name: string): number | null {
  const text = element?.attributes.get(name);
  if (element === undefined || text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  return failInXml(document, element.start, `has no number as ${name}: "${text.slice(0, 40)}"`);
}
