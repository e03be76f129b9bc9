import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { machineStatus } from '../../../operations/project/machine/machine-status.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { renderStatus, statusDocument, statusRows } from '../../../render/project/status-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { type FormatValues, formatOf, formatRows } from '../../row-format.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface StatusValues extends ProjectValues, FormatValues, Pick<LibvirtValues, 'connect'> {
  readonly machines: readonly string[];
  readonly type: readonly string[];
}

/** `portal status`: how machines are, a row each. */
export async function runPortalStatus(
  values: StatusValues,
  { width, style }: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const format = formatOf(values);
  const { project, connect, machines, type: types } = values;
  const status = await machineStatus(new HostSession(ports, { project, connect }), { machines, types });
  const stdout = formatRows(format, {
    document: () => statusDocument(status),
    listKey: 'machines',
    csv: () => statusRows(status),
    table: () => renderStatus(status, { width, style }),
  });
  const isEmpty = format === 'table' && status.machines.length === 0;
  return {
    exitCode: EXIT.ok,
    stdout: isEmpty ? '' : stdout,
    stderr: isEmpty ? 'portal: no machines; create one: portal new NAME\n' : '',
  };
}
