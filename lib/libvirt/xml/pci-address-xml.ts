import { type PciAddress, parsePciAddress } from '../../pci/address.ts';
import { failInXml, type XmlDocument } from './xml-document.ts';
import type { XmlElement } from './xml-element.ts';
import type { XmlNode } from './xml-text.ts';

/** The address of a device in a guest. */
export interface GuestAddress {
  /** The index of the PCI controller that creates the bus. */
  readonly bus: number;
  readonly slot: number;
  readonly function: number;
  /** Whether more functions are in the slot: set only on function 0. */
  readonly multifunction: boolean;
}

const MAX = { domain: 0xffffffff, bus: 0xff, slot: 0x1f, function: 7 } as const;
type Part = keyof typeof MAX;

/**
 * Reads the host address of a device: `<address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>`. As in
 * libvirt, numbers are hex with `0x`, octal with a leading zero, otherwise decimal; a missing part is 0.
 *
 * @throws PortalGunError BAD_XML if a part is not a number, or too large
 */
export function parseHostAddress(document: XmlDocument, element: XmlElement): PciAddress {
  const part = (name: Part): string => partOf(document, element, name).toString(16);
  const text = `${part('domain')}:${part('bus')}:${part('slot')}.${part('function')}`;
  return parsePciAddress(text) ?? failInXml(document, element.start, `is not a PCI address: ${text}`);
}

/**
 * Reads the guest address of a device: the same, in the only domain of guests, with `multifunction`.
 *
 * @throws PortalGunError BAD_XML
 */
export function parseGuestAddress(document: XmlDocument, element: XmlElement): GuestAddress {
  return {
    bus: partOf(document, element, 'bus'),
    slot: partOf(document, element, 'slot'),
    function: partOf(document, element, 'function'),
    multifunction: element.attributes.get('multifunction') === 'on',
  };
}

function partOf(document: XmlDocument, element: XmlElement, name: Part): number {
  const raw = element.attributes.get(name);
  if (raw === undefined) return 0;
  const number = parseXmlNumber(raw);
  if (number !== undefined && number <= MAX[name]) return number;
  const most = `0x${MAX[name].toString(16)}`;
  return failInXml(document, element.start, `has no ${name} from 0 to ${most}: "${raw.slice(0, 40)}"`);
}

/**
 * A whole number in the format of libvirt without a base: hex with `0x`, octal with a leading zero, otherwise
 * decimal.
 */
export function parseXmlNumber(raw: string): number | undefined {
  const text = raw.trim();
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number.parseInt(text, 16);
  if (/^0[0-7]{0,11}$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** The attributes of a host address as libvirt writes them: hex, padded. */
export function hostAddressAttributes(address: PciAddress): Readonly<Record<string, string>> {
  const [domain = '', bus = '', last = ''] = address.split(':');
  const [slot = '', number = ''] = last.split('.');
  return { domain: `0x${domain}`, bus: `0x${bus}`, slot: `0x${slot}`, function: `0x${number}` };
}

/** The `<address>` of a device in its guest. */
export function guestAddressNode({ bus, slot, function: number, multifunction }: GuestAddress): XmlNode {
  return {
    name: 'address',
    attributes: {
      type: 'pci',
      domain: '0x0000',
      bus: hex(bus),
      slot: hex(slot),
      function: `0x${number.toString(16)}`,
      multifunction: multifunction ? 'on' : undefined,
    },
  };
}

/** The short form: `05:00.0`. */
export function formatGuestAddress({ bus, slot, function: number }: GuestAddress): string {
  return `${hex(bus).slice(2)}:${hex(slot).slice(2)}.${number.toString(16)}`;
}

function hex(number: number): string {
  return `0x${number.toString(16).padStart(2, '0')}`;
}
