import { MACHINE_NAMESPACE, MACHINE_PREFIX } from '../../libvirt/machine/machine-metadata.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';
import { nodeIn } from './xml-node.ts';

/** The record of the machine in the definition of a VM, apart from its folder. */
export interface MachineMarks {
  /** The project that it is part of; `null` if it is part of none. */
  readonly project: string | null;
  /** A mark of the content of its definition, for example a checksum; `null` to record none. */
  readonly definition: string | null;
}

/** The attributes of our element that say this; others are kept. */
export const MACHINE_MARKS: readonly string[] = ['category', 'folder', 'definition', 'project'];

const ELEMENT = `${MACHINE_PREFIX}:machine`;

/** Our element in a rendered domain: the first, because fragments cannot have one. */
export function machineElementIn(domain: XmlNode): XmlNode | undefined {
  return nodeIn(nodeIn(domain, 'metadata'), ELEMENT);
}

/** By this a VM is known as a machine of portal-gun: never by its name. */
export function metadataNode({ definition, folder }: ResolvedMachine, marks: MachineMarks): XmlNode {
  return {
    name: 'metadata',
    content: [
      {
        name: ELEMENT,
        attributes: {
          [`xmlns:${MACHINE_PREFIX}`]: MACHINE_NAMESPACE,
          category: definition.category,
          folder,
          definition: marks.definition ?? undefined,
          project: marks.project ?? undefined,
        },
      },
    ],
  };
}

/** Title and description; libvirt takes a title of one line. */
export function describingNodes({ definition }: ResolvedMachine): readonly XmlNode[] {
  const title = definition.title?.replaceAll(/\s+/g, ' ').trim() ?? '';
  const description = definition.description?.replaceAll(/\r\n?/g, '\n').trim() ?? '';
  return [
    ...(title === '' ? [] : [{ name: 'title', content: title }]),
    ...(description === '' ? [] : [{ name: 'description', content: description }]),
  ];
}
