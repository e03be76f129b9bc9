import { isPciAddress, type PciAddress, parsePciAddress } from '../../pci/address.ts';
import { placeInXml, type XmlDocument } from '../xml/xml-document.ts';
import { childOf, type XmlElement } from '../xml/xml-element.ts';
import { type Contradiction, contradictionsOf, type NodeDevice, type PciCapability } from './node-device.ts';

/** A contradiction in a document, or a value that no host can have. */
export interface XmlFinding {
  /** File, line and column: `device.xml:4:7`. */
  readonly at: string;
  /** Stable name: `name-differs`. */
  readonly code: string;
  readonly message: string;
}

/**
 * Finds the contradictions in the document of a PCI function, without duplicates, in the order of the document.
 * libvirt does not write such a document: another program or a user wrote or changed it.
 */
export function findContradictions(document: XmlDocument, device: NodeDevice): readonly XmlFinding[] {
  const { capability } = device;
  if (capability.kind !== 'pci') return [];
  const problems: readonly Problem[] = [
    ...contradictionsOf(device).map(({ about, message }) => ({
      code: `${about}-differs`,
      element: elementOf(document, about),
      message,
    })),
    ...placeProblems(document, device, capability),
  ];
  return problems
    .toSorted((a, b) => a.element.start - b.element.start)
    .map(({ element, code, message }) => ({ at: placeInXml(document, element.start), code, message }));
}

interface Problem {
  readonly element: XmlElement;
  readonly code: string;
  readonly message: string;
}

/** The problems of its place in the path: it can only be behind a bridge of another bus, which is its parent. */
function placeProblems(
  document: XmlDocument,
  { path, parent }: NodeDevice,
  { address }: PciCapability,
): readonly Problem[] {
  const names = path?.split('/') ?? [];
  const last = names.findLastIndex(isPciAddress);
  const [above, placed] = [names[last - 1] ?? '', names[last] ?? ''];
  const problems: Problem[] = [];
  if (isPciAddress(above) && busOf(above) === busOf(placed)) {
    const message = `its path has ${placed} behind ${above}, and both on bus ${busOf(above)}`;
    problems.push({ element: elementOf(document, 'path'), code: 'path-impossible', message });
  }
  const root = /^pci([0-9a-f]{4,8}:[0-9a-f]{2})$/.exec(above)?.[1];
  if (root !== undefined && root !== busOf(placed)) {
    const message = `its path has ${placed} on the root bus ${root}`;
    problems.push({ element: elementOf(document, 'path'), code: 'path-impossible', message });
  }
  const parentProblem = parentMessage(
    parent,
    address,
    names.slice(0, Math.max(last, 0)).filter(isPciAddress),
  );
  if (parentProblem !== null && path !== null) {
    problems.push({ element: elementOf(document, 'parent'), code: 'parent-differs', message: parentProblem });
  }
  return problems;
}

/** libvirt names the nearest parent that it knows; `computer` if there is none. */
function parentMessage(
  parent: string | null,
  address: PciAddress,
  bridges: readonly PciAddress[],
): string | null {
  const named = parent === null ? undefined : parsePciAddress(parent);
  if (named === address) return 'it is its own parent';
  if (named === undefined ? parent !== 'computer' || bridges.length === 0 : bridges.includes(named))
    return null;
  const places = bridges.length === 0 ? 'on a root bus' : `behind ${bridges.join(', ')}`;
  return `its parent is ${named ?? parent}, and its path has it ${places}`;
}

function busOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

/** The element of a contradiction; the root element if it is missing. */
function elementOf({ root }: XmlDocument, about: Contradiction['about'] | 'parent'): XmlElement {
  const pci = childOf(root, 'capability');
  const inPci = about === 'group' ? childOf(pci, 'iommuGroup') : undefined;
  const sriov = pci?.children.find(
    ({ name, attributes }) =>
      name === 'capability' && /^(phys_function|virt_functions)$/.test(attributes.get('type') ?? ''),
  );
  return inPci ?? (about === 'sriov' ? sriov : undefined) ?? childOf(root, about) ?? root;
}

/** The address in a document's name; `undefined` if there is none. */
export function addressByName({ name }: NodeDevice): PciAddress | undefined {
  return name === null ? undefined : parsePciAddress(name);
}
