import { escapeControls } from '../../base/text.ts';
import type { PciXmlDocument } from '../../documents/machines/pci-xml.ts';
import type { XmlFinding } from '../../libvirt/node-device/node-device-findings.ts';
import type { Snippet } from '../../operations/xml/device-snippets.ts';

/** Only text that can be pasted. */
export function renderSnippets(snippets: readonly Snippet[]): string {
  return snippets.map(({ xml }) => `${xml}\n`).join('');
}

/** The notes on snippets, one line each. */
export function renderSnippetNotes(program: string, snippets: readonly Snippet[]): string {
  return snippets
    .flatMap(({ address, notes }) =>
      notes.map(({ message }) => escapeControls(address === null ? message : `${address}: ${message}`)),
    )
    .map((line) => `${program}: ${line}\n`)
    .join('');
}

/** `pci xml --json`. */
export function snippetsDocument(
  host: { readonly label: string } | null,
  snippets: readonly Snippet[],
  findings: readonly XmlFinding[],
): PciXmlDocument {
  return {
    schema: 'portal-gun/pci-xml/v1',
    host,
    devices: snippets.map(({ address, kind, xml, notes }) => ({ address, kind, xml, notes })),
    findings,
  };
}

/** The contradictions in a document, one line each; with the name of the program before them if they are its notes. */
export function renderXmlFindings(findings: readonly XmlFinding[], program?: string): string {
  const start = program === undefined ? '' : `${program}: `;
  return findings.map(({ at, message }) => `${start}${escapeControls(`${at}: ${message}`)}\n`).join('');
}
