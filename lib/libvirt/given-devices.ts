import { PortalGunError } from '../base/errors.ts';
import type { PciAddress } from '../pci/address.ts';
import { parseHostDevice } from './host-device-parser.ts';
import { parseHostAddress } from './pci-address-xml.ts';
import type { XmlDocument } from './xml-document.ts';
import { childOf, type XmlElement } from './xml-element.ts';

/**
 * Whether a machine's document may give it a device of the host, whoever put it there: one of its elements does, or is of a form
 * that is not understood, and does not plainly say the address of another.
 */
export function mayGive(document: XmlDocument, address: PciAddress): boolean {
  const elements = childOf(document.root, 'devices')?.children ?? [];
  return elements.some((element) => mayBe(document, element, address));
}

function mayBe(document: XmlDocument, element: XmlElement, address: PciAddress): boolean {
  const device = attempt(() => parseHostDevice(document, element));
  if (device !== undefined) return device !== null && 'address' in device && device.address === address;
  const source = childOf(childOf(element, 'source'), 'address');
  const said = source === undefined ? undefined : attempt(() => parseHostAddress(document, source));
  return said === undefined || said === address;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PortalGunError) return undefined;
    throw error;
  }
}
