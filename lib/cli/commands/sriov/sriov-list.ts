import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { listPfs, type PfsAnswer } from '../../../operations/sriov/list-pfs.ts';
import { renderSriov, sriovDocument, sriovRows } from '../../../render/sriov/sriov-list.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ReadingValues } from '../../reading-options.ts';
import { emptyRemark, noteLines, remarks, sessionOf } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows } from '../../row-format.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `pci sriov list`: PFs and their VFs, with their settings. */
export async function runSriovList(
  values: ReadingValues & FormatValues & { readonly selectors: readonly string[]; readonly check: boolean },
  { width, style }: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const format = formatOf(values);
  const args = { ...values, json: format === 'json' };
  const session = sessionOf(args, ports);
  const answer = await listPfs(session, { devices: args.selectors });
  const { inventory, pfs, recovery, notes } = answer;
  let stderr = remarks(args, session.names, session.host, inventory.diagnostics) + noteLines(notes);
  if (pfs.length === 0) stderr += noneRemark(answer) ?? emptyRemark(inventory, answer.suggestion);
  // A document already contains it.
  if (!args.json && session.isCaptured && pfs.some(({ link, vfs }) => link !== null && vfs.length > 0)) {
    stderr += 'pci: a snapshot does not contain the settings of VFs: run it on the host itself\n';
  }
  const stdout = formatRows(format, {
    document: () => sriovDocument(inventory, pfs, recovery),
    listKey: 'pfs',
    csv: () => sriovRows(pfs),
    table: () => renderSriov(pfs, width, style),
  });
  return { exitCode: args.check && answer.isDrifted ? EXIT.findings : EXIT.ok, stdout, stderr };
}

function noneRemark({ inventory: { devices }, selected }: PfsAnswer): string | null {
  if (selected.length === 0) return null;
  const what = selected.length === devices.length ? 'no device of the host' : 'none of these devices';
  return `pci: ${what} can have VFs\n`;
}
