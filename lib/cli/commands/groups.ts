import { EXIT } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { count, escapeControls } from '../../base/text.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import {
  GROUP_FIELDS,
  type GroupVerdict,
  groupDevices,
  type IommuGroup,
} from '../../pci/group/iommu-group.ts';
import { type IommuState, iommuAdvice, isUnderXen } from '../../pci/group/iommu-state.ts';
import { groupedWith } from '../../pci/selector/concerned-devices.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { formatDocument, groupsDocument } from '../../render/documents.ts';
import { renderGroups } from '../../render/inventory/group-list.ts';
import { addressList } from '../../render/layout/facts.ts';
import { wrapText } from '../../render/layout/wrap-text.ts';
import type { ProbedDevices } from '../../sysfs/device/read-inventory.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { InventoryValues } from '../inventory-source.ts';
import { originRemark, sourceOf } from '../inventory-source.ts';
import { emptyRemark, namesOf, remarks } from '../reading-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

const FIELDS: readonly DeviceField[] = [...GROUP_FIELDS, 'vendor', 'device'];

/** `pci groups`: the IOMMU groups, and whether each could be given to a VM. */
export async function runGroups(
  args: InventoryValues & { readonly selectors: readonly string[]; readonly viable: boolean },
  terminal: Terminal,
): Promise<CommandResult> {
  const selectors = parseSelectors(args.selectors);
  const source = await sourceOf(args);
  const names = namesOf(args);
  const fields = new Set([...FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const asked: ProbedDevices = (devices) => groupedWith(devices, selectDevices(devices, selectors));
  const inventory = await source.read(names, [...fields], selectors.length === 0 ? undefined : asked);
  const iommu = source.iommuState();
  const all = groupDevices(inventory.devices, source.groupAttributes);
  const selected = new Set<PciDevice>(selectDevices(inventory.devices, selectors));
  const groups = all.filter(
    ({ members, verdict }) =>
      members.some(({ device }) => selected.has(device)) && !(args.viable && verdict === 'never'),
  );
  const ungrouped = [...selected].filter(({ iommuGroup }) => knownValue(iommuGroup) === undefined);
  const empty = selected.size === 0 ? emptyRemark(inventory, selectors) : '';
  const stderr = remarks(args, names, source, inventory.diagnostics) + empty;
  if (args.json) {
    const addresses = ungrouped.map(({ address }) => address);
    return {
      exitCode: EXIT.ok,
      stdout: formatDocument(groupsDocument(inventory, iommu, groups, addresses)),
      stderr,
    };
  }
  if (inventory.iommu !== true) {
    const text = inventory.iommu === false ? noIommuText(iommu) : [NOT_KNOWN];
    const sentences = inventory.devices.length === 0 ? [] : text;
    return { exitCode: EXIT.ok, stdout: wrapped(sentences, terminal), stderr };
  }
  const listed = renderGroups(groups, terminal.width, terminal.style);
  return {
    exitCode: EXIT.ok,
    stdout: listed + wrapped([summary(groups, ungrouped) + originRemark(inventory)], terminal),
    stderr,
  };
}

/** Sentences, each on a line of its own or on as many as it takes. */
function wrapped(sentences: readonly string[], { width }: Terminal): string {
  return sentences.flatMap((sentence) => wrapText(sentence, width).map((line) => `${line}\n`)).join('');
}

const NOT_KNOWN =
  'The IOMMU groups are not known: what was read of the host does not have them. Capture it again on the host itself: pci snapshot -o FILE.';

function noIommuText(state: IommuState): readonly string[] {
  const { units, firmwareTables } = state;
  const tables = knownValue(firmwareTables);
  const firmware = isUnderXen(state)
    ? 'Xen has the IOMMU'
    : tables === undefined
      ? 'The tables of the firmware are not there to be read, so whether it describes one is not known'
      : tables.length > 0
        ? `The firmware describes one (${tables.join(', ')} table), and the kernel does not use it`
        : 'The firmware describes none';
  return [
    'No IOMMU groups: the kernel runs without an IOMMU, so no device can be given to a VM.',
    ...(units.length > 0
      ? [`IOMMU units are driven (${escapeControls(units.join(', '))}), and no device is in a group.`]
      : []),
    `${firmware}: ${escapeControls(iommuAdvice(state))}.`,
  ];
}

const SUMMARIES: readonly (readonly [GroupVerdict, string])[] = [
  ['ready', 'ready'],
  ['bindable', 'once bound'],
  ['unknown', 'not known'],
  ['never', 'not to be given'],
];

function summary(groups: readonly IommuGroup[], ungrouped: readonly PciDevice[]): string {
  const counts = SUMMARIES.flatMap(([verdict, text]) => {
    const amount = groups.filter((group) => group.verdict === verdict).length;
    return amount === 0 ? [] : [`${amount} ${text}`];
  });
  const outside =
    ungrouped.length === 0
      ? ''
      : ` ${count(ungrouped.length, 'device')} without a group: ${addressList(ungrouped.map(({ address }) => address))}.`;
  return `${count(groups.length, 'group')}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}.${outside}`;
}
