import { EXIT } from '../base/errors.ts';
import { formatHostDevice, formatRootPort } from '../libvirt/hostdev/host-device-text.ts';
import type { PlannedHostdev } from '../libvirt/hostdev/to-hostdev.ts';
import type { XmlFinding } from '../libvirt/node-device/node-device-findings.ts';
import type { XmlDocument } from '../libvirt/xml/xml-document.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PassthroughNote } from '../pci/group/passthrough.ts';
import { formatDocument } from '../render/documents.ts';
import {
  renderSnippetNotes,
  renderSnippets,
  renderXmlFindings,
  type Snippet,
  snippetsDocument,
} from '../render/machine/hostdev-snippet-text.ts';
import type { CommandResult } from './grammar/command.ts';
import { guestAddressesOf, heldAlready } from './guest-addresses.ts';
import type { ReadingValues } from './reading-options.ts';

/**
 * What hands devices over, with the room that they need in a machine.
 *
 * @param machine the document of the machine that the arguments name
 * @param cards what goes to one guest slot each
 * @param isOfCard whether a function of the host is in one slot with the others of its card, and no virtual function
 * @throws PortalGunError BAD_ARGUMENT, BAD_XML, DOMAIN_TOO_LARGE, NO_GUEST_SLOT
 */
export function deviceSnippets(
  args: { readonly guestAddress: string | undefined },
  machine: XmlDocument | null,
  handed: readonly PlannedHostdev[],
  cards: readonly (readonly PciAddress[])[],
  isOfCard: (address: PciAddress) => boolean,
): readonly Snippet[] {
  const { addresses, newRootPorts } = guestAddressesOf(args, machine, cards, isOfCard);
  const held = heldAlready(machine);
  const ports = newRootPorts.map(
    (index): Snippet => ({
      address: null,
      kind: 'root-port',
      xml: formatRootPort(index),
      notes: [portNote(index)],
    }),
  );
  const devices = handed.map(({ device, notes }): Snippet => {
    const { address, kind } = device;
    const guestAddress = addresses.get(address) ?? null;
    const place = held.get(address);
    return {
      address,
      kind,
      xml: formatHostDevice({ ...device, guestAddress }),
      notes: place === undefined ? notes : [alreadyNote(place), ...notes],
    };
  });
  return [...ports, ...devices];
}

/** Snippets on standard output, what to know of them on standard error; or all as a document. */
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

function portNote(index: number): PassthroughNote {
  const message = `root port ${index} is added, since the machine has none that is free; it stays when the device goes`;
  return { level: 'ok', code: 'new-root-port', message };
}

function alreadyNote(place: string): PassthroughNote {
  return { level: 'blocks', code: 'held-already', message: `the machine has it already: ${place}` };
}
