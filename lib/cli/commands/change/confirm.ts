import { EXIT } from '../../../base/errors.ts';
import { escapeControls } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { confirmChanges } from '../../../operations/recovery/confirm-changes.ts';
import { confirmDocument } from '../../../render/change/recover-documents.ts';
import { formatDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { type ReadingValues, sessionOf } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `pci confirm`: keeps a change that was made with `--confirm-within`. */
export async function runConfirm(
  args: Pick<ReadingValues, 'json'>,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const changes = await confirmChanges(sessionOf({}, ports));
  const text = changes
    .map(({ plan }) => `"${escapeControls(plan.title)}" is confirmed and stays in effect.\n`)
    .join('');
  const stdout = args.json ? formatDocument(confirmDocument(changes)) : text;
  return { exitCode: EXIT.ok, stdout, stderr: '' };
}
