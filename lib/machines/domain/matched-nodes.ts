import { ALIAS_PREFIX, PORT_ALIAS_PREFIX } from '../../libvirt/assignment/assignment.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { keyOf } from './element-keys.ts';
import { nodeIn, textOf } from './xml-node.ts';

/** Elements of two documents, side by side. */
export interface MatchedNodes {
  /** Each of ours, in order, with its counterpart. */
  readonly pairs: readonly { readonly ours: XmlNode; readonly theirs: XmlNode | undefined }[];
  /** Those of the other document without one. */
  readonly others: readonly XmlNode[];
}

/**
 * Finds for each element its counterpart in another document: by its key, else by its position among those of
 * its name.
 *
 * @param parent the name of the element that they are in
 */
export function matchNodes(
  ours: readonly XmlNode[],
  theirs: readonly XmlNode[],
  parent: string,
): MatchedNodes {
  const byKey = new Map<string, XmlNode[]>();
  for (const node of theirs) {
    const key = matchKey(node, parent);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [node]);
    else same.push(node);
  }
  const pairs = ours.map((node) => ({ ours: node, theirs: byKey.get(matchKey(node, parent))?.shift() }));
  return { pairs, others: [...byKey.values()].flat() };
}

/** Whether a device was assigned to the VM, or is a root port that was added for one. */
export function isAssigned(device: XmlNode): boolean {
  return aliasOf(device).startsWith(ALIAS_PREFIX);
}

/** A PCI Express root port of the machine, without those that were added for assigned devices. */
export function isRootPort(device: XmlNode): boolean {
  return isPciController(device, 'pcie-root-port') && !aliasOf(device).startsWith(PORT_ALIAS_PREFIX);
}

export function isPciController({ name, attributes = {} }: XmlNode, model?: string): boolean {
  return (
    name === 'controller' &&
    attributes['type'] === 'pci' &&
    (model === undefined || attributes['model'] === model)
  );
}

/** Whether two machine types are versions of one: libvirt makes `pc-q35-9.2` of `q35`. */
export function isSameMachineType(a: string, b: string): boolean {
  return a === b || familyOf(a) === familyOf(b);
}

function familyOf(machine: string): string {
  return machine.replace(/^pc-(?=q35|i440fx)/, '').replace(/-\d.*$/, '');
}

function matchKey(node: XmlNode, parent: string): string {
  // The target of a disk changes with the disks before it, its serial number stays.
  const serial = parent === 'devices' && node.name === 'disk' ? nodeIn(node, 'serial') : undefined;
  if (serial !== undefined) return `disk serial ${textOf(serial)}`;
  return keyOf(node, parent) ?? `${node.name}\n`;
}

function aliasOf(device: XmlNode): string {
  return nodeIn(device, 'alias')?.attributes?.['name'] ?? '';
}
