import { EXIT, PortalGunError } from '../../base/errors.ts';
import { cardsOf } from '../../libvirt/hand-over.ts';
import { formatHostDevice, formatRootPort } from '../../libvirt/host-device-text.ts';
import type { PassthroughNote } from '../../pci/passthrough.ts';
import { formatDocument } from '../../render/documents.ts';
import {
  renderSnippetNotes,
  renderSnippets,
  type Snippet,
  snippetsDocument,
} from '../../render/hand-over-text.ts';
import { type Arguments, type CommandResult, stringOf, stringsOf, switchOf } from '../command.ts';
import { guestAddressesOf, heldAlready, machineOf } from '../guest-addresses.ts';
import {
  type HandOverSituation,
  handOverAll,
  readHandOverSituation,
  withGroups,
} from '../hand-over-situation.ts';
import { checkOfOne, handOverWishesOf } from '../hand-over-wishes.ts';
import { poolSnippet } from '../pool-snippet.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import type { Terminal } from '../terminal.ts';
import { runXmlFolder } from '../xml-folder.ts';

/** `pci xml`: what gives devices to a machine, as libvirt takes it. */
export function runXml(args: Arguments, terminal: Terminal): CommandResult {
  const words = stringsOf(args, 'devices');
  if (switchOf(args, 'all') === true) return runXmlFolder(args, terminal);
  for (const name of ['output-dir', 'overwrite']) {
    if (args[name] === undefined) continue;
    throw new PortalGunError('BAD_ARGUMENT', 'goes with --all', { subject: `--${name}` });
  }
  if (words.length === 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a device: pci xml 03:00.0', {
      hint: 'see pci xml --help',
    });
  }
  const host = hostOf(args);
  const names = namesOf(args);
  const situation = readHandOverSituation(host, names, words);
  const pool = stringOf(args, 'pool');
  const snippets =
    pool === undefined ? deviceSnippets(args, situation) : [poolSnippet(args, pool, situation)];
  const { diagnostics } = situation.inventory;
  const addresses = new Set(snippets.map(({ address }) => address));
  const met = diagnostics.filter(({ subject }) => addresses.has(subject));
  const stderr = remarks(args, names, host, met);
  if (switchOf(args, 'json') === true) {
    const document = snippetsDocument(situation.inventory.host, snippets, []);
    return { exitCode: EXIT.ok, stdout: formatDocument(document), stderr };
  }
  return {
    exitCode: EXIT.ok,
    stdout: renderSnippets(snippets),
    stderr: stderr + renderSnippetNotes('pci', snippets),
  };
}

function deviceSnippets(args: Arguments, situation: HandOverSituation): readonly Snippet[] {
  const wishes = handOverWishesOf(args);
  const machine = machineOf(args);
  const { selected } = situation;
  const chosen = switchOf(args, 'group') === true ? withGroups(situation, selected) : selected;
  checkOfOne(args, wishes, chosen.length);
  const handed = handOverAll(situation, chosen, wishes);
  const { addresses, newRootPorts } = guestAddressesOf(args, machine, cardsOf(chosen));
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

function portNote(index: number): PassthroughNote {
  const message = `root port ${index} is added, since the machine has none that is free; it stays when the device goes`;
  return { level: 'ok', code: 'new-root-port', message };
}

function alreadyNote(place: string): PassthroughNote {
  return { level: 'blocks', code: 'held-already', message: `the machine has it already: ${place}` };
}
