import { escapeControls } from '../../base/text.ts';
import { findMachineMetadata } from '../../libvirt/machine/machine-metadata.ts';
import { parseXmlNumber } from '../../libvirt/xml/pci-address-xml.ts';
import type { XmlDocument } from '../../libvirt/xml/xml-document.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { isAdded, personalAttributes } from './added-by-libvirt.ts';
import { partName, sizeInBytes } from './difference-words.ts';
import { isPciController, isRootPort, isSameMachineType, matchNodes } from './matched-nodes.ts';
import { machineElementIn } from './metadata.ts';
import { nodeFrom, nodeIn, nodesIn, textOf } from './xml-node.ts';

/** A difference between the definition of a VM and its machine. */
export interface DefinitionDifference {
  /** `memory`, `disk www: source file`. */
  readonly part: string;
  /** As the definition of the VM has it; `null` if it does not have it. */
  readonly found: string | null;
  /** As the machine has it; `null` if it does not have it. */
  readonly wanted: string | null;
}

/** These values are chosen once, and then stay. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['uuid', 'metadata', 'address', 'alias']);
const PRESENT = 'present';

/**
 * Returns the differences between the definition of a VM, or of a network, and the rendered one. Parts that libvirt
 * adds (addresses, defaults, devices of the board, versions) and devices that are assigned to the VM are no
 * difference. Devices and settings that a person added are differences.
 *
 * @param rendered a rendered domain or network
 * @param found as `virsh dumpxml --inactive` or `virsh net-dumpxml --inactive` prints it
 */
export function definitionDifferences(
  rendered: XmlDocument,
  found: XmlDocument,
): readonly DefinitionDifference[] {
  return [
    ...metadataDifferences([...marksIn(rendered)], found),
    ...differencesIn(nodeFrom(rendered.root), withoutOverlays(nodeFrom(found.root)), []),
  ];
}

/**
 * The same for the definition of a VM that is not written as text, which takes more time than the comparison.
 *
 * @param domain by `domainOf`
 */
export function domainDifferences(domain: XmlNode, found: XmlDocument): readonly DefinitionDifference[] {
  const marks = Object.entries(machineElementIn(domain)?.attributes ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return [
    ...metadataDifferences(marks, found),
    ...differencesIn(domain, withoutOverlays(nodeFrom(found.root)), []),
  ];
}

/** While a VM runs, the source of a transient disk is an overlay, and its own file is below it. */
function withoutOverlays(node: XmlNode): XmlNode {
  if (node.name === 'domain' || node.name === 'devices') {
    return { ...node, content: nodesIn(node).map(withoutOverlays) };
  }
  const below = nodeIn(nodeIn(node, 'backingStore'), 'source');
  if (node.name !== 'disk' || below === undefined || nodeIn(node, 'transient') === undefined) return node;
  return { ...node, content: nodesIn(node).map((child) => (child.name === 'source' ? below : child)) };
}

/** Compares our element, with any prefix: all its attributes are ours, its content and its siblings are not. */
function metadataDifferences(
  ours: readonly (readonly [name: string, value: string])[],
  found: XmlDocument,
): readonly DefinitionDifference[] {
  const theirs = marksIn(found);
  return ours
    .filter(([name, value]) => !name.startsWith('xmlns') && theirs.get(name) !== value)
    .map(([name, wanted]) => ({ part: `metadata ${name}`, found: theirs.get(name) ?? null, wanted }));
}

function marksIn(document: XmlDocument): ReadonlyMap<string, string> {
  return findMachineMetadata(document)?.element.attributes ?? new Map();
}

/** A difference in words: `memory 512 MiB instead of 256 MiB`. */
export function formatDifference({ part, found, wanted }: DefinitionDifference): string {
  const [there, here] = [found, wanted].map((value) => (value === null ? null : escapeControls(value)));
  if (found === null) return `${part}${wanted === PRESENT ? '' : ` ${here}`} is missing`;
  if (wanted === null) return `${part}${found === PRESENT ? '' : ` ${there}`} is not in the definition`;
  return `${part} ${there} instead of ${here}`;
}

/** @param path the elements that they are in, from the outside */
function differencesIn(
  ours: XmlNode,
  theirs: XmlNode,
  path: readonly XmlNode[],
): readonly DefinitionDifference[] {
  const here = [...path, ours];
  if (ours.name === 'devices') return deviceDifferences(ours, theirs, here);
  return [
    ...attributeDifferences(ours, theirs, here),
    ...textDifferences(ours, theirs, here),
    ...childDifferences(nodesIn(ours), nodesIn(theirs), here),
  ];
}

function deviceDifferences(
  ours: XmlNode,
  theirs: XmlNode,
  path: readonly XmlNode[],
): readonly DefinitionDifference[] {
  const isCompared = (device: XmlNode): boolean => !isPciController(device, 'pcie-root-port');
  const ports = (node: XmlNode): number => nodesIn(node).filter(isRootPort).length;
  const [wanted, found] = [ports(ours), ports(theirs)];
  return [
    ...childDifferences(nodesIn(ours).filter(isCompared), nodesIn(theirs).filter(isCompared), path),
    // More than wanted stay: a device may be in them.
    ...(found < wanted
      ? [{ part: 'PCI Express root ports', found: String(found), wanted: String(wanted) }]
      : []),
  ];
}

function childDifferences(
  ours: readonly XmlNode[],
  theirs: readonly XmlNode[],
  path: readonly XmlNode[],
): readonly DefinitionDifference[] {
  const parent = path.at(-1)?.name ?? '';
  const { pairs, others } = matchNodes(ours, theirs, parent);
  return [
    ...pairs
      .filter(({ ours: node }) => !NOT_COMPARED.has(node.name))
      .flatMap(({ ours: node, theirs: counterpart }) =>
        counterpart === undefined
          ? [{ part: partName([...path, node]), found: null, wanted: shownValue(node) }]
          : differencesIn(node, counterpart, path),
      ),
    ...others
      .filter((node) => !NOT_COMPARED.has(node.name) && !isAdded(node, parent))
      .map((node) => ({ part: partName([...path, node]), found: shownValue(node), wanted: null })),
  ];
}

function attributeDifferences(
  ours: XmlNode,
  theirs: XmlNode,
  path: readonly XmlNode[],
): readonly DefinitionDifference[] {
  const wanted = Object.entries(ours.attributes ?? {}).filter(
    ([name, value]) => value !== undefined && !name.startsWith('xmlns') && !isUnit(ours, name),
  );
  const personal = personalAttributes(ours)
    .filter((name) => ours.attributes?.[name] === undefined)
    .map((name) => [name, undefined] as const);
  return [...wanted, ...personal].flatMap(([name, value = null]) => {
    const found = theirs.attributes?.[name] ?? null;
    if (found === value || (found !== null && value !== null && isSameValue(name, value, found))) return [];
    return [{ part: partName(path, name), found, wanted: value }];
  });
}

function textDifferences(
  ours: XmlNode,
  theirs: XmlNode,
  path: readonly XmlNode[],
): readonly DefinitionDifference[] {
  const [wanted, found] = [shownValue(ours), shownValue(theirs)];
  if (textOf(ours) === '' || wanted === found) return [];
  return [{ part: partName(path), found, wanted }];
}

/** The text of an element, as it is shown; that it is present if it has none. */
function shownValue(node: XmlNode): string {
  return sizeInBytes(node) ?? (textOf(node) || PRESENT);
}

function isUnit({ name }: XmlNode, attribute: string): boolean {
  return attribute === 'unit' && /memory/i.test(name);
}

function isSameValue(attribute: string, a: string, b: string): boolean {
  if (attribute === 'machine') return isSameMachineType(a, b);
  if (attribute === 'address') return a.toLowerCase() === b.toLowerCase();
  const number = parseXmlNumber(a);
  return number !== undefined && number === parseXmlNumber(b);
}
