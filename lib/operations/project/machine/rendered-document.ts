import { parseXml, type XmlDocument } from '../../../libvirt/xml/xml-document.ts';
import { formatDocument } from '../../../machines/domain/format-document.ts';
import type { ProjectMachine } from '../project-machines.ts';

/** The definition of the VM of a machine, as text for libvirt. */
export function renderedDocument({ domain, folder }: ProjectMachine): XmlDocument {
  return parseXml(formatDocument(domain), folder.file);
}
