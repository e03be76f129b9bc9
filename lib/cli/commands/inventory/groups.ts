import { EXIT } from '../../../base/errors.ts';
import { knownValue } from '../../../base/known.ts';
import { count, escapeControls } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type ListedGroups, listGroups } from '../../../operations/inventory/list-groups.ts';
import type { PciDevice } from '../../../pci/device.ts';
import type { GroupVerdict, IommuGroup } from '../../../pci/group/iommu-group.ts';
import { type IommuState, iommuAdvice, isUnderXen } from '../../../pci/group/iommu-state.ts';
import { groupsDocument } from '../../../render/documents.ts';
import { groupRows, renderGroups } from '../../../render/inventory/group-list.ts';
import { addressList } from '../../../render/layout/facts.ts';
import { wrapText } from '../../../render/layout/wrap-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { InventoryValues } from '../../inventory-options.ts';
import { originRemark } from '../../inventory-options.ts';
import { emptyRemark, sessionOf, viewRemarks } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows } from '../../row-format.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface GroupsValues extends InventoryValues, FormatValues {
  readonly selectors: readonly string[];
  readonly viable: boolean;
}

/** `pci groups`: the IOMMU groups, and whether each can be passed to a VM. */
export async function runGroups(
  args: GroupsValues,
  terminal: Terminal,
  _: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const format = formatOf(args);
  const session = sessionOf(args, ports);
  const listed = await listGroups(session, args.selectors, args);
  const { inventory, selected, groups, ungrouped, iommu } = listed;
  const empty = selected.length === 0 ? emptyRemark(inventory, listed.suggestion) : '';
  const stdout = formatRows(format, {
    document: () => {
      const addresses = ungrouped.map(({ address }) => address);
      return groupsDocument(inventory, iommu, groups, addresses);
    },
    listKey: 'groups',
    csv: () => groupRows(groups),
    table: () => groupsText(listed, terminal),
  });
  const stderr = viewRemarks({ ...args, json: format === 'json' }, session, listed) + empty;
  return { exitCode: EXIT.ok, stdout, stderr };
}

function groupsText({ inventory, groups, ungrouped, iommu }: ListedGroups, terminal: Terminal): string {
  if (inventory.iommu === true) {
    const text = renderGroups(groups, terminal.width, terminal.style);
    return text + wrapped([summary(groups, ungrouped) + originRemark(inventory)], terminal);
  }
  if (inventory.devices.length === 0) return '';
  return wrapped(inventory.iommu === false ? noIommuText(iommu) : [NOT_KNOWN], terminal);
}

/** Sentences, each wrapped on lines of its own. */
function wrapped(sentences: readonly string[], { width }: Terminal): string {
  return sentences.flatMap((sentence) => wrapText(sentence, width).map((line) => `${line}\n`)).join('');
}

const NOT_KNOWN =
  'The IOMMU groups are unknown: the snapshot does not contain them. Capture the host again: pci snapshot -o FILE.';

function noIommuText(state: IommuState): readonly string[] {
  const { units, firmwareTables } = state;
  const tables = knownValue(firmwareTables);
  const firmware = isUnderXen(state)
    ? 'Xen has the IOMMU'
    : tables === undefined
      ? 'Cannot read the ACPI tables, so it is unknown whether the firmware has an IOMMU'
      : tables.length > 0
        ? `The firmware describes an IOMMU (${tables.join(', ')} table), but the kernel does not use it`
        : 'The firmware does not describe an IOMMU';
  return [
    'No IOMMU groups: the kernel runs without an IOMMU, so no device can be assigned to a VM.',
    ...(units.length > 0
      ? [`The kernel drives IOMMU units (${escapeControls(units.join(', '))}), but no device is in a group.`]
      : []),
    `${firmware}: ${escapeControls(iommuAdvice(state))}.`,
  ];
}

const SUMMARIES: readonly (readonly [GroupVerdict, string])[] = [
  ['ready', 'ready'],
  ['bindable', 'once bound'],
  ['unknown', 'unknown'],
  ['never', 'not assignable'],
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
