import { parseXml, type XmlDocument } from '../../../libvirt/xml/xml-document.ts';
import { formatDocument } from '../../../machines/format-document.ts';
import type { ProjectMachine } from '../project-machines.ts';

/** Several parts of a plan need the text of the same machine, and writing it takes more time than they do. */
const WRITTEN = new WeakMap<ProjectMachine, XmlDocument>();

/** The definition of the VM of a machine, as text for libvirt. */
export function renderedDocument(machine: ProjectMachine): XmlDocument {
  const { domain, folder } = machine;
  const document = WRITTEN.get(machine) ?? parseXml(formatDocument(domain), folder.file);
  WRITTEN.set(machine, document);
  return document;
}
