import { EXIT } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { buildTopology } from '../../pci/topology.ts';
import { formatDocument, treeDocument } from '../../render/documents.ts';
import { LINE_BRANCHES, PLAIN_BRANCHES, renderTopology } from '../../render/inventory/topology-tree.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { InventoryValues } from '../inventory-source.ts';
import { sourceOf } from '../inventory-source.ts';
import { emptyRemark, namesOf, remarks } from '../reading-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

const FIELDS: readonly DeviceField[] = ['location', 'class', 'vendor', 'device', 'driver', 'iommuGroup'];

/** `pci tree`: the buses and bridges, with what hangs on them. */
export async function runTree(
  args: InventoryValues & { readonly selectors: readonly string[] },
  terminal: Terminal,
): Promise<CommandResult> {
  const selectors = parseSelectors(args.selectors);
  const source = await sourceOf(args);
  const names = namesOf(args);
  const fields = new Set([...FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = await source.read(names, [...fields]);
  const selected = selectDevices(inventory.devices, selectors);
  const roots = buildTopology(withBridges(inventory.devices, selected));
  const empty = selected.length === 0 ? emptyRemark(inventory, selectors) : '';
  const stderr = remarks(args, names, source, inventory.diagnostics) + empty;
  const stdout = args.json
    ? formatDocument(treeDocument(inventory, roots))
    : renderTopology(
        roots,
        terminal.interactive ? LINE_BRANCHES : PLAIN_BRANCHES,
        terminal.width,
        terminal.style,
      );
  return { exitCode: EXIT.ok, stdout, stderr };
}

/** The selected devices and the bridges that lead to them, in the order of the inventory. */
function withBridges(devices: readonly PciDevice[], selected: readonly PciDevice[]): readonly PciDevice[] {
  const wanted = new Set(
    selected.flatMap(({ address, location }) => [address, ...(knownValue(location)?.bridges ?? [])]),
  );
  return devices.filter(({ address }) => wanted.has(address));
}
