import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { importBoot } from '../../../operations/boot/import-boot.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { bootImportDocument, renderImport } from '../../../render/boot/boot-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { StoreValues } from '../../tables/boot/store-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { guardWork } from './guard-work.ts';

interface BootImportValues extends StoreValues {
  readonly file: string;
  readonly name: string | undefined;
}

/** `portal boot import`: a file of the user, copied into the store. */
export async function runBootImport(
  { file, name, dryRun, json }: BootImportValues,
  _terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = new HostSession(ports);
  return guardWork(
    dialogue,
    (work) => importBoot(session, { file, name, dryRun, ...work }),
    (imported) => ({
      exitCode: EXIT.ok,
      stdout: json ? formatDocument(bootImportDocument(imported)) : renderImport(imported),
      stderr: '',
    }),
  );
}
