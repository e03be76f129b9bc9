import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { showTree } from '../../../operations/inventory/show-tree.ts';
import { formatDocument, treeDocument } from '../../../render/documents.ts';
import { LINE_BRANCHES, PLAIN_BRANCHES, renderTopology } from '../../../render/inventory/topology-tree.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { InventoryValues } from '../../inventory-options.ts';
import { emptyRemark, sessionOf, viewRemarks } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `pci tree`: the buses and bridges, with the devices on them. */
export async function runTree(
  args: InventoryValues & { readonly selectors: readonly string[] },
  terminal: Terminal,
  _: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  const tree = await showTree(session, args.selectors);
  const { inventory, selected, roots, suggestion } = tree;
  const empty = selected.length === 0 ? emptyRemark(inventory, suggestion) : '';
  const stderr = viewRemarks(args, session, tree) + empty;
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
