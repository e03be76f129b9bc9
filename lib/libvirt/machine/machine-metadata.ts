import { BROKEN, type Known } from '../../base/known.ts';
import { failInXml, type XmlDocument } from '../xml/xml-document.ts';
import { applyEdits, type XmlEdit } from '../xml/xml-edit.ts';
import { childOf, type XmlElement } from '../xml/xml-element.ts';
import {
  type Namespaces,
  NO_NAMESPACES,
  namespaceOf,
  namespacesIn,
  splitName,
} from '../xml/xml-namespace.ts';
import { isCategory } from './category.ts';

/**
 * The namespace of portal-gun's element in the metadata of a VM's definition. A contract: it is described in
 * `docs/reference/machine-metadata.md`, and never changes.
 */
export const MACHINE_NAMESPACE = 'urn:portal-gun:machine:v1';
/** The prefix that portal-gun writes; a reader accepts any prefix of the namespace. */
export const MACHINE_PREFIX = 'portal-gun';
const MACHINE_ELEMENT = 'machine';

const ATTRIBUTE = /\s+([^\s=/]+)\s*=\s*(?:"[^"]*"|'[^']*')/g;

/** The element of portal-gun in the metadata of a VM. */
export interface MachineMetadata {
  readonly element: XmlElement;
  /** The prefixes that are declared outside of it. */
  readonly outside: Namespaces;
}

/**
 * Finds portal-gun's element in a `<domain>` document. As in libvirt, it is the first in `<metadata>` with its
 * namespace, with any prefix (`virsh metadata --key` sets it), declared at any place. `null` if there is none.
 *
 *     <metadata>
 *       <portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="router"/>
 *     </metadata>
 *
 * https://libvirt.org/formatdomain.html#general-metadata
 */
export function findMachineMetadata({ root }: XmlDocument): MachineMetadata | null {
  const metadata = childOf(root, 'metadata');
  if (metadata === undefined) return null;
  const outside = namespacesIn(metadata, namespacesIn(root, NO_NAMESPACES));
  const element = metadata.children.find((child) => isOurs(child, outside));
  return element === undefined ? null : { element, outside };
}

/** The category in the XML of a VM: `null` if it is untagged, broken if the text is not a valid category. */
export function readCategory(document: XmlDocument): Known<string> {
  const found = findMachineMetadata(document);
  if (found !== null && !isMachine(found.element)) return BROKEN;
  const category = categoryAsWritten(document);
  return category === null || isCategory(category) ? category : BROKEN;
}

/** The text of the category in the XML of a VM, valid or not; `null` if there is none. */
export function categoryAsWritten(document: XmlDocument): string | null {
  return findMachineMetadata(document)?.element.attributes.get('category') ?? null;
}

/**
 * The element of portal-gun with another category, `null` for none, in the form for `virsh metadata --set` with
 * portal-gun's prefix as `--key`: without prefixes of its namespace, because libvirt adds the prefix to the name of
 * every element without one. Other contents are unchanged. `null` if nothing is left, and the element must be
 * removed.
 *
 * @throws PortalGunError BAD_XML if the contents of the namespace have another form, and would be damaged
 */
export function formatWithCategory(document: XmlDocument, category: string | null): string | null {
  const found = findMachineMetadata(document);
  if (found === null) return category === null ? null : `<${MACHINE_ELEMENT}${categoryAttribute(category)}/>`;
  const { element, outside } = found;
  if (!isMachine(element)) {
    failInXml(document, element.start, `is in ${MACHINE_NAMESPACE}, and is not "${MACHINE_ELEMENT}"`);
  }
  if (category === null && holdsNothingElse(document, element)) return null;
  const edits = [
    ...prefixEdits(document, element, outside),
    ...attributesOf(document, element)
      .filter(({ name }) => name === 'category' || isOurDeclaration(element, name))
      .map(({ start, end }) => ({ start, end, text: '' })),
    {
      start: nameEnd(element),
      end: nameEnd(element),
      text: declarations(element, outside) + categoryAttribute(category),
    },
  ];
  const before = { ...document, text: document.text.slice(0, element.end) };
  return applyEdits(before, edits).slice(element.start);
}

function isMachine({ name }: XmlElement): boolean {
  return splitName(name).local === MACHINE_ELEMENT;
}

function isOurs(element: XmlElement, outside: Namespaces): boolean {
  return namespaceOf(element, namespacesIn(element, outside)) === MACHINE_NAMESPACE;
}

function categoryAttribute(category: string | null): string {
  return category === null ? '' : ` category="${escapeAttribute(category)}"`;
}

/** A declaration that libvirt adds, or that is not needed without prefixes. */
function isOurDeclaration({ attributes }: XmlElement, name: string): boolean {
  return ['xmlns', `xmlns:${MACHINE_PREFIX}`].includes(name) && attributes.get(name) === MACHINE_NAMESPACE;
}

/** Whether an element contains only its category, so that it can be removed. */
function holdsNothingElse({ text }: XmlDocument, { attributes, content }: XmlElement): boolean {
  const others = [...attributes].filter(
    ([name, value]) => name !== 'category' && !(name.startsWith('xmlns') && value === MACHINE_NAMESPACE),
  );
  return others.length === 0 && (content === null || text.slice(content.start, content.end).trim() === '');
}

/** Removes the prefixes of portal-gun's namespace from an element and its contents. */
function prefixEdits(document: XmlDocument, element: XmlElement, outside: Namespaces): readonly XmlEdit[] {
  const inside = namespacesIn(element, outside);
  const { prefix } = splitName(element.name);
  const below = element.children.flatMap((child) => prefixEdits(document, child, inside));
  if (prefix === '' || inside.get(prefix) !== MACHINE_NAMESPACE) return below;
  if (![undefined, '', MACHINE_NAMESPACE].includes(inside.get(''))) {
    failInXml(
      document,
      element.start,
      'is in a place in which names without a prefix belong to another namespace',
    );
  }
  const cut = (at: number): XmlEdit => ({ start: at, end: at + prefix.length + 1, text: '' });
  const closing = element.content === null ? [] : [cut(element.content.end + '</'.length)];
  return [cut(element.start + '<'.length), ...below, ...closing];
}

/** Declarations of the prefixes that an element uses, and that are declared outside of it. */
function declarations(element: XmlElement, outside: Namespaces): string {
  const used = new Set(prefixesIn(element, outside));
  return [...outside]
    .filter(([prefix]) => used.has(prefix) && !element.attributes.has(`xmlns:${prefix}`))
    .filter(([prefix, uri]) => prefix !== 'xml' && !(prefix === MACHINE_PREFIX && uri === MACHINE_NAMESPACE))
    .map(([prefix, uri]) => ` xmlns:${prefix}="${escapeAttribute(uri)}"`)
    .join('');
}

/** The prefixes of attributes, and of elements outside portal-gun's namespace. */
function prefixesIn(element: XmlElement, outside: Namespaces): readonly string[] {
  const inside = namespacesIn(element, outside);
  const named = isOurs(element, outside) ? [] : [element.name];
  return [
    ...[...named, ...element.attributes.keys()]
      .map((name) => splitName(name).prefix)
      .filter((prefix) => prefix !== ''),
    ...element.children.flatMap((child) => prefixesIn(child, inside)),
  ];
}

function nameEnd({ start, name }: XmlElement): number {
  return start + '<'.length + name.length;
}

/** The positions of an element's attributes, with the whitespace before each. */
function attributesOf(
  { text }: XmlDocument,
  element: XmlElement,
): readonly { readonly name: string; readonly start: number; readonly end: number }[] {
  const from = nameEnd(element);
  const tag = text.slice(from, element.content?.start ?? element.end);
  return [...tag.matchAll(ATTRIBUTE)].map(({ 0: all, 1: name = '', index }) => ({
    name,
    start: from + index,
    end: from + index + all.length,
  }));
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
