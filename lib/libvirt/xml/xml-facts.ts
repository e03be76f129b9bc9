import type { NodeId } from '../node-device/node-device.ts';
import { failInXml, type XmlDocument } from './xml-document.ts';
import { childOf, childText, type XmlElement } from './xml-element.ts';

/** The text of a child; `null` if there is no child, or no text. */
export function filledText(element: XmlElement | undefined, name: string): string | null {
  return childText(element, name) || null;
}

/**
 * The number in a child, decimal or with `0x`; `null` if there is no such child.
 *
 * @throws PortalGunError BAD_XML if it is not a number, or too large for an exact value
 */
export function numberIn(
  document: XmlDocument,
  element: XmlElement | undefined,
  name: string,
): number | null {
  const child = childOf(element, name);
  if (child === undefined) return null;
  const text = child.text.trim();
  const number = /^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  return failInXml(document, child.start, `has no number: <${name}>${text.slice(0, 40)}</${name}>`);
}

/**
 * A child of the form `<vendor id='0x8086'>Intel Corporation</vendor>`; `null` if there is none.
 *
 * @throws PortalGunError BAD_XML if the id does not have four hex digits
 */
export function idOf(document: XmlDocument, element: XmlElement, name: string): NodeId | null {
  const child = childOf(element, name);
  if (child === undefined) return null;
  const raw = child.attributes.get('id') ?? '';
  const id = /^0x([0-9a-f]{1,4})$/i.exec(raw)?.[1];
  if (id === undefined)
    return failInXml(document, child.start, `has no id of 16 bits: "${raw.slice(0, 40)}"`);
  return { id: id.toLowerCase().padStart(4, '0'), name: child.text.trim() || null };
}
