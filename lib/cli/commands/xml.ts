import { PortalGunError } from '../../base/errors.ts';
import { cardsOf, isOfCardAmong } from '../../libvirt/hand-over.ts';
import type { Snippet } from '../../render/hand-over-text.ts';
import { type Arguments, type CommandResult, stringOf, stringsOf, switchOf } from '../command.ts';
import { deviceSnippets, snippetsResult } from '../device-snippets.ts';
import { categoryIn, machineOf } from '../guest-addresses.ts';
import {
  type HandOverSituation,
  handOverAll,
  readHandOverSituation,
  withGroups,
} from '../hand-over-situation.ts';
import { checkOfOne, handOverWishesOf } from '../hand-over-wishes.ts';
import { sourceOf } from '../inventory-source.ts';
import { poolSnippet } from '../pool-snippet.ts';
import { namesOf, remarks } from '../reading-options.ts';
import type { Terminal } from '../terminal.ts';
import { runXmlFolder } from '../xml-folder.ts';
import { runXmlNodedev } from '../xml-nodedev.ts';

/** Options that go with another alone. */
const BELONGS: readonly (readonly [option: string, to: string])[] = [
  ['output-dir', 'all'],
  ['overwrite', 'all'],
  ['from', 'nodedev'],
];

/** `pci xml`: what gives devices to a machine, as libvirt takes it. */
export async function runXml(args: Arguments, terminal: Terminal): Promise<CommandResult> {
  const stray = BELONGS.find(([option, to]) => args[option] !== undefined && args[to] === undefined);
  if (stray !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', `goes with --${stray[1]}`, { subject: `--${stray[0]}` });
  }
  if (stringOf(args, 'nodedev') !== undefined) return runXmlNodedev(args);
  if (switchOf(args, 'all') === true) return runXmlFolder(args, terminal);
  const words = stringsOf(args, 'devices');
  if (words.length === 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a device: pci xml 03:00.0', {
      hint: 'see pci xml --help',
    });
  }
  const source = await sourceOf(args);
  const names = namesOf(args);
  const situation = await readHandOverSituation(source, names, words);
  const pool = stringOf(args, 'pool');
  const snippets = pool === undefined ? handedOver(args, situation) : [poolSnippet(args, pool, situation)];
  const { host, diagnostics } = situation.inventory;
  const addresses = new Set(snippets.map(({ address }) => address));
  const met = diagnostics.filter(({ subject }) => addresses.has(subject));
  return snippetsResult(args, host, snippets, [], remarks(args, names, source, met));
}

function handedOver(args: Arguments, situation: HandOverSituation): readonly Snippet[] {
  const machine = machineOf(args);
  const wishes = handOverWishesOf(args, categoryIn(machine));
  const { selected } = situation;
  const chosen = switchOf(args, 'group') === true ? withGroups(situation, selected) : selected;
  checkOfOne(args, wishes, chosen.length);
  return deviceSnippets(
    args,
    machine,
    handOverAll(situation, chosen, wishes),
    cardsOf(chosen),
    isOfCardAmong(situation.inventory.devices),
  );
}
