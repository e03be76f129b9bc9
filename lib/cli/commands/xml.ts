import { PortalGunError } from '../../base/errors.ts';
import { cardsOf, isOfCardAmong } from '../../libvirt/hostdev/to-hostdev.ts';
import {
  type HostdevState,
  readHostdevState,
  toHostdevs,
  withGroups,
} from '../../operations/assignment/hostdev-state.ts';
import type { Snippet } from '../../render/machine/hostdev-snippet-text.ts';
import { deviceSnippets, snippetsResult } from '../device-snippets.ts';
import { type CommandResult, isGiven, optionNamed } from '../grammar/command.ts';
import { categoryIn, machineOf } from '../guest-addresses.ts';
import { checkOfOne, hostdevOptionsOf } from '../hostdev-options.ts';
import { sourceOf } from '../inventory-source.ts';
import { poolSnippet } from '../pool-snippet.ts';
import { namesOf, remarks } from '../reading-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { runXmlFolder } from '../xml-folder.ts';
import { runXmlNodedev } from '../xml-nodedev.ts';
import type { XmlValues } from '../xml-values.ts';

/** Options that go with another alone. */
const BELONGS: readonly (readonly [option: keyof XmlValues, to: keyof XmlValues])[] = [
  ['outputDir', 'all'],
  ['overwrite', 'all'],
  ['from', 'nodedev'],
];

/** `pci xml`: what gives devices to a machine, as libvirt takes it. */
export async function runXml(args: XmlValues, terminal: Terminal): Promise<CommandResult> {
  const stray = BELONGS.find(([option, to]) => isGiven(args[option]) && !isGiven(args[to]));
  if (stray !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', `goes with ${optionNamed(stray[1])}`, {
      subject: optionNamed(stray[0]),
    });
  }
  if (args.nodedev !== undefined) return runXmlNodedev(args);
  if (args.all) return runXmlFolder(args, terminal);
  const words = args.devices;
  if (words.length === 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a device: pci xml 03:00.0', {
      hint: 'see pci xml --help',
    });
  }
  const source = await sourceOf(args);
  const names = namesOf(args);
  const state = await readHostdevState(source, names, words);
  const pool = args.pool;
  const snippets = pool === undefined ? hostdevOf(args, state) : [poolSnippet(args, pool, state)];
  const { host, diagnostics } = state.inventory;
  const addresses = new Set(snippets.map(({ address }) => address));
  const met = diagnostics.filter(({ subject }) => addresses.has(subject));
  return snippetsResult(args, host, snippets, [], remarks(args, names, source, met));
}

function hostdevOf(args: XmlValues, state: HostdevState): readonly Snippet[] {
  const machine = machineOf(args);
  const wishes = hostdevOptionsOf(args, categoryIn(machine));
  const { selected } = state;
  const chosen = args.group ? withGroups(state, selected) : selected;
  checkOfOne(args, wishes, chosen.length);
  return deviceSnippets(
    args,
    machine,
    toHostdevs(state, chosen, wishes),
    cardsOf(chosen),
    isOfCardAmong(state.inventory.devices),
  );
}
