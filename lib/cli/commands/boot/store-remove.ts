import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type RemovedFromStore, removeBoot, removeImage } from '../../../operations/boot/remove-stored.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { renderRemoval, storeRemovalDocument } from '../../../render/boot/boot-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { StoreValues } from '../../tables/boot/store-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface RemoveValues extends StoreValues {
  readonly name: string;
  readonly connect: string | undefined;
}

/** `portal boot remove`: boot assets that no VM uses. */
export async function runBootRemove(
  values: RemoveValues,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  return removal(values, await removeBoot(new HostSession(ports, values), values));
}

/** `portal image remove`: an image that no VM uses. */
export async function runImageRemove(
  values: RemoveValues,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  return removal(values, await removeImage(new HostSession(ports, values), values));
}

function removal({ json, dryRun }: RemoveValues, removed: RemovedFromStore): CommandResult {
  const stdout = json
    ? formatDocument(storeRemovalDocument(removed, dryRun))
    : renderRemoval(removed, dryRun);
  return { exitCode: EXIT.ok, stdout, stderr: '' };
}
