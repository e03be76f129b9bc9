import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { showMachine } from '../../../operations/project/show-machine.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { machineShowDocument, renderOrigins, renderShownMachine } from '../../../render/project/show-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface ShowValues extends ProjectValues {
  readonly name: string;
  readonly why: boolean;
}

/** `portal show`: the definition of a machine with all defaults, and the origin of each value. */
export async function runPortalShow(
  { name, why, project, json }: ShowValues,
  { width }: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const shown = await showMachine(new HostSession(ports, { project }), name);
  const text = why ? renderOrigins(shown, width) : renderShownMachine(shown);
  return { exitCode: EXIT.ok, stdout: json ? formatDocument(machineShowDocument(shown)) : text, stderr: '' };
}
