import { findMachineMetadata, MACHINE_NAMESPACE } from '../../libvirt/machine/machine-metadata.ts';
import { failInXml, type XmlDocument } from '../../libvirt/xml/xml-document.ts';
import { splitName } from '../../libvirt/xml/xml-namespace.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { formatDocument } from '../format-document.ts';
import { placedDevices } from './kept-places.ts';
import { isAssigned, isSameMachineType } from './matched-nodes.ts';
import { MACHINE_MARKS } from './metadata.ts';
import { nodeFrom, nodeIn, nodesIn } from './xml-node.ts';

/**
 * The definition of an existing VM, changed to the current state of its machine: the text to define. Of the existing
 * one it keeps
 *
 * - its UUID, the version of its machine type, and its UEFI firmware;
 * - the addresses of devices that stay, all PCI Express root ports, and therefore the addresses that guests know;
 * - assigned devices of the host, with their root ports and the record of them in our metadata;
 * - metadata of other programs, and additions of later versions of portal-gun to ours.
 *
 * Everything else is as the rendered definition has it: additions of a person go.
 *
 * @param found as `virsh dumpxml --inactive` prints it
 * @param rendered by `renderedDocument`
 * @throws PortalGunError BAD_XML if the namespace of our metadata has another element
 */
export function withDefinition(found: XmlDocument, rendered: XmlDocument): string {
  const [theirs, ours] = [nodeFrom(found.root), nodeFrom(rendered.root)];
  const isSameType = isSameMachineType(machineOf(theirs), machineOf(ours));
  const metadata = mergedMetadata(found, rendered);
  const sections = nodesIn(ours).map((node): XmlNode => {
    const there = nodeIn(theirs, node.name);
    switch (node.name) {
      case 'uuid':
        return there ?? node;
      case 'metadata':
        return metadata;
      case 'os':
        return there === undefined ? node : withKeptBoot(node, there, isSameType);
      case 'devices':
        return { ...node, content: devicesOf(node, there, isSameType) };
      default:
        return node;
    }
  });
  return formatDocument({
    name: ours.name,
    // Prefixes of metadata may be declared here.
    attributes: { ...declarationsOf(theirs), ...ours.attributes },
    content: sections,
  });
}

function machineOf(domain: XmlNode): string {
  return nodeIn(nodeIn(domain, 'os'), 'type')?.attributes?.['machine'] ?? '';
}

function declarationsOf({ attributes = {} }: XmlNode): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('xmlns:')));
}

/** A machine of another type has other buses: nothing there has a place in it. */
function devicesOf(ours: XmlNode, theirs: XmlNode | undefined, isSameType: boolean): readonly XmlNode[] {
  const there = theirs === undefined ? [] : nodesIn(theirs);
  if (isSameType) return placedDevices(nodesIn(ours), there);
  const assigned = there.filter((device) => device.name !== 'controller' && isAssigned(device));
  return [
    ...nodesIn(ours),
    ...assigned.map((device) => ({
      ...device,
      content: nodesIn(device).filter(({ name }) => name !== 'address'),
    })),
  ];
}

/** The variables of UEFI belong to the firmware that wrote them. */
function withKeptBoot(ours: XmlNode, theirs: XmlNode, isSameType: boolean): XmlNode {
  const isEfi = (node: XmlNode): boolean => node.attributes?.['firmware'] === 'efi';
  const loader = isEfi(ours) && isEfi(theirs) ? nodeIn(theirs, 'loader') : undefined;
  const content = nodesIn(ours).flatMap((node): readonly XmlNode[] => {
    if (node.name === 'type' && isSameType) return [nodeIn(theirs, 'type') ?? node];
    if (node.name !== 'nvram' || loader === undefined) return [node];
    return [loader, { ...node, attributes: { ...nodeIn(theirs, 'nvram')?.attributes, ...node.attributes } }];
  });
  return { ...ours, content };
}

function mergedMetadata(found: XmlDocument, rendered: XmlDocument): XmlNode {
  const section = found.root.children.find(({ name }) => name === 'metadata');
  const own = findMachineMetadata(rendered)?.element;
  const there = findMachineMetadata(found);
  const ours = own === undefined ? [] : [nodeFrom(own)];
  const added = rendered.root.children
    .find(({ name }) => name === 'metadata')
    ?.children.filter((child) => child !== own)
    .map(nodeFrom);
  const others = section?.children.filter((child) => child !== there?.element).map(nodeFrom) ?? [];
  const isReplaced = ({ name }: XmlNode): boolean => added?.some((each) => each.name === name) === true;
  const kept = there === null ? ours : ours.map((node) => withKeptContent(node, found));
  return {
    name: 'metadata',
    attributes: section === undefined ? {} : declarationsOf(nodeFrom(section)),
    content: [...kept, ...others.filter((node) => !isReplaced(node)), ...(added ?? [])],
  };
}

/** Our element with its current prefix, and with the data that it records besides the definition. */
function withKeptContent(ours: XmlNode, found: XmlDocument): XmlNode {
  const there = findMachineMetadata(found)?.element;
  if (there === undefined) return ours;
  if (splitName(there.name).local !== splitName(ours.name).local) {
    failInXml(found, there.start, `is in ${MACHINE_NAMESPACE}, and is not "machine"`);
  }
  const isDeclaration = (name: string): boolean => name.startsWith('xmlns');
  const marks = Object.entries(ours.attributes ?? {}).filter(([name]) => !isDeclaration(name));
  const later = [...there.attributes].filter(([name]) => !MACHINE_MARKS.includes(name));
  return {
    name: there.name,
    attributes: Object.fromEntries([...later, ...marks]),
    content: there.children.map(nodeFrom),
  };
}
