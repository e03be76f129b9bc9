import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { checkMachines } from '../../../operations/project/check-machines.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { machineCheckDocument, renderMachineCheck } from '../../../render/project/check-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface CheckValues extends ProjectValues {
  readonly machines: readonly string[];
  readonly type: readonly string[];
}

/** `portal check`: all faults of the folders of machines. */
export async function runPortalCheck(
  { machines, type, project, json }: CheckValues,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const checked = await checkMachines(new HostSession(ports, { project }), { machines, types: type });
  const isClean = checked.faults.length === 0 && checked.machines.every(({ faults }) => faults.length === 0);
  return {
    exitCode: isClean ? EXIT.ok : EXIT.findings,
    stdout: json ? formatDocument(machineCheckDocument(checked)) : renderMachineCheck(checked),
    stderr: '',
  };
}
