import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { listTemplates } from '../../../operations/project/new/find-template.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderTemplates, templateListDocument } from '../../../render/project/new-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `portal templates`: the templates for `portal new`. */
export async function runPortalTemplates(
  { json }: Pick<ProjectValues, 'json'>,
  { width }: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const templates = await listTemplates(new HostSession(ports));
  const stdout = json ? formatDocument(templateListDocument(templates)) : renderTemplates(templates, width);
  return { exitCode: EXIT.ok, stdout, stderr: '' };
}
