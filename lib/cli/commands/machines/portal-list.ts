import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { listMachines } from '../../../operations/machines/list-machines.ts';
import {
  machineListDocument,
  machineRows,
  renderMachines,
  renderNoMachines,
} from '../../../render/machine/machine-list.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { machineRemarks } from '../../machine-remarks.ts';
import { sessionOf } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows } from '../../row-format.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface PortalListValues extends LibvirtValues, FormatValues {
  readonly type: readonly string[];
  readonly untagged: boolean;
  readonly header: boolean | undefined;
}

/** `portal list`: the VMs of a libvirt, one row each. */
export async function runPortalList(
  values: PortalListValues,
  terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const format = formatOf(values);
  const args = { ...values, json: format === 'json' };
  const session = sessionOf(args, ports);
  const { connect, machines, all, diagnostics } = await listMachines(session, args);
  const stderr = machineRemarks(args, session, diagnostics, 'portal');
  if (format === 'table' && machines.length === 0) {
    return { exitCode: EXIT.ok, stdout: '', stderr: `${stderr}portal: ${renderNoMachines(all, args.type)}` };
  }
  const { width, style, interactive } = terminal;
  const header = args.header !== false;
  const stdout = formatRows(format, {
    document: () => machineListDocument(connect, machines, diagnostics),
    listKey: 'machines',
    csv: () => machineRows(machines, header),
    table: () => renderMachines(machines, { width, header, style, summary: interactive }),
  });
  return { exitCode: EXIT.ok, stdout, stderr };
}
