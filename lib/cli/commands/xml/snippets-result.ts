import { EXIT } from '../../../base/errors.ts';
import type { XmlFinding } from '../../../libvirt/node-device/node-device-findings.ts';
import type { Snippet } from '../../../operations/xml/device-snippets.ts';
import { formatDocument } from '../../../render/documents.ts';
import {
  renderSnippetNotes,
  renderSnippets,
  renderXmlFindings,
  snippetsDocument,
} from '../../../render/machine/hostdev-snippet-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ReadingValues } from '../../reading-options.ts';

/** Snippets on stdout, notes on stderr; or all as a document. */
export function snippetsResult(
  args: Pick<ReadingValues, 'json'>,
  host: { readonly label: string } | null,
  snippets: readonly Snippet[],
  findings: readonly XmlFinding[],
  remarks: string,
): CommandResult {
  if (args.json) {
    const stdout = formatDocument(snippetsDocument(host, snippets, findings));
    return { exitCode: EXIT.ok, stdout, stderr: remarks };
  }
  const stderr = remarks + renderXmlFindings(findings, 'pci') + renderSnippetNotes('pci', snippets);
  return { exitCode: EXIT.ok, stdout: renderSnippets(snippets), stderr };
}
