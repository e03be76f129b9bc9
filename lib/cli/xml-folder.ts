import { EXIT, PortalGunError } from '../base/errors.ts';
import { knownValue } from '../base/known.ts';
import { count, escapeControls } from '../base/text.ts';
import { writeFolder } from '../host/file/output-folder.ts';
import { formatHostDevice } from '../libvirt/hostdev/host-device-text.ts';
import type { HostdevOptions } from '../libvirt/hostdev/to-hostdev.ts';
import { type HostdevState, readHostdevState, toHostdevOf } from '../operations/assignment/hostdev-state.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';
import { lastingObstacles } from '../pci/group/iommu-group.ts';
import { formatDocument } from '../render/documents.ts';
import { wrapText } from '../render/layout/wrap-text.ts';
import { type LeftOut, type SnippetFile, snippetFilesDocument } from '../render/machine/snippet-files.ts';
import { type CommandResult, isGiven, optionNamed } from './grammar/command.ts';
import { checkOfOne, hostdevOptionsOf } from './hostdev-options.ts';
import { sourceOf } from './inventory-source.ts';
import { namesOf, remarks } from './reading-options.ts';
import type { Terminal } from './terminal/terminal.ts';
import type { XmlValues } from './xml-values.ts';

/** What is said of one device, or of one machine. */
const OTHERS = ['as', 'group', 'guestAddress', 'domain', 'pool', 'vlan'] as const;

/** `pci xml --all`: a file for each device that a machine can have. */
export async function runXmlFolder(args: XmlValues, { width }: Terminal): Promise<CommandResult> {
  const folder = args.outputDir;
  if (folder === undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a folder for its files', {
      subject: '--all',
      hint: 'add --output-dir DIR',
    });
  }
  if (folder === '-') {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a folder: files are not for standard output', {
      subject: '--output-dir',
      hint: 'give a folder; to print what one device needs: pci xml 03:00.0',
    });
  }
  const other = args.devices[0] ?? OTHERS.filter((key) => isGiven(args[key])).map(optionNamed)[0];
  if (other !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --all', { subject: other });
  }
  const wishes = hostdevOptionsOf(args);
  checkOfOne(args, wishes, Number.POSITIVE_INFINITY);
  const source = await sourceOf(args);
  const names = namesOf(args);
  const state = await readHostdevState(source, names, []);
  const { texts, leftOut } = snippetTexts(state, wishes);
  const named = new Map([...texts].map(([address, text]) => [fileName(address), text]));
  const outcomes = writeFolder(folder, named, args.overwrite);
  const files = [...texts.keys()].map((address): SnippetFile => {
    const file = fileName(address);
    return { address, file, outcome: outcomes.get(file) ?? 'unchanged' };
  });
  const { host, diagnostics } = state.inventory;
  const stderr = remarks(args, names, source, diagnostics);
  if (args.json) {
    const document = snippetFilesDocument(host, folder, files, leftOut);
    return { exitCode: EXIT.ok, stdout: formatDocument(document), stderr };
  }
  const lines = summary(folder, files, leftOut).flatMap((line) => wrapText(line, width));
  return { exitCode: EXIT.ok, stdout: lines.map((line) => `${line}\n`).join(''), stderr };
}

/** What can be handed over, by address, and what can't, with why. */
function snippetTexts(
  state: HostdevState,
  wishes: HostdevOptions,
): { readonly texts: ReadonlyMap<PciAddress, string>; readonly leftOut: readonly LeftOut[] } {
  const texts = new Map<PciAddress, string>();
  const leftOut: LeftOut[] = [];
  for (const device of state.selected) {
    const why = groupProblem(state, device);
    try {
      if (why !== null) leftOut.push({ address: device.address, why });
      else {
        const { device: handed } = toHostdevOf(state, device, wishes, [device]);
        texts.set(device.address, `${formatHostDevice(handed)}\n`);
      }
    } catch (error) {
      if (!(error instanceof PortalGunError)) throw error;
      leftOut.push({ address: device.address, why: error.message });
    }
  }
  return { texts, leftOut };
}

/** Why the group of a device can't be given at all. */
function groupProblem({ groups, inventory }: HostdevState, device: PciDevice): string | null {
  if (inventory.iommu === false) return 'the kernel runs without an IOMMU';
  const group = groups.find(({ id }) => id === knownValue(device.iommuGroup));
  const obstacle =
    group === undefined
      ? undefined
      : lastingObstacles(group, device).find(({ code }) => code !== 'BRIDGES_ONLY');
  return obstacle === undefined ? null : `group ${group?.id}: ${obstacle.message}`;
}

/** As libvirt names the device. */
function fileName(address: PciAddress): string {
  return `pci_${address.replaceAll(/[:.]/g, '_')}.xml`;
}

function summary(
  folder: string,
  files: readonly SnippetFile[],
  leftOut: readonly LeftOut[],
): readonly string[] {
  const counted = (outcome: SnippetFile['outcome']): number =>
    files.filter((file) => file.outcome === outcome).length;
  const [written, replaced, unchanged] = [counted('written'), counted('replaced'), counted('unchanged')];
  const parts = [
    ...(written > 0 ? [`${written} written`] : []),
    ...(replaced > 0 ? [`${replaced} replaced`] : []),
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
  ];
  const whole = `${escapeControls(folder)}: ${count(files.length, 'device')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`;
  const reasons = new Map<string, PciAddress[]>();
  for (const { address, why } of leftOut) reasons.set(why, [...(reasons.get(why) ?? []), address]);
  const rest = [...reasons].map(
    ([why, addresses]) => `Left out ${addresses.join(', ')}: ${escapeControls(why)}.`,
  );
  return [whole, ...rest];
}
