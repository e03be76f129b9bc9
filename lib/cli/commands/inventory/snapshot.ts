import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { escapeControls } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { captureSnapshot } from '../../../operations/inventory/capture-snapshot.ts';
import { formatDocument, snapshotDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLine, type ReadingValues, sessionOf } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface SnapshotValues extends Pick<ReadingValues, 'host' | 'json'> {
  readonly output: string | undefined;
  readonly overwrite: boolean;
  readonly raw: boolean;
}

/** `pci snapshot`: the host in one text file. */
export async function runSnapshot(
  args: SnapshotValues,
  _: Terminal,
  __: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const file = args.output;
  const json = args.json;
  if (json && (file === undefined || file === '-')) {
    throw new PortalGunError('BAD_ARGUMENT', 'applies only with --output: the snapshot itself is text', {
      subject: '--json',
      hint: 'add --output FILE',
    });
  }
  const isText = file === undefined || file === '-';
  const files = await ports.openUserFiles();
  if (!isText) {
    files.demandPlace(file, 'use the path of a regular file; or print to stdout: -o -');
  }
  const captured = captureSnapshot(sessionOf(args, ports), args);
  const { snapshot, notes } = captured;
  const stderr = notes.map((note) => noteLine('pci', note)).join('');
  if (isText) return { exitCode: EXIT.ok, stdout: captured.text, stderr };
  files.put(file, () => captured.pieces(), { isPrivate: true, overwrites: args.overwrite });
  const written = `pci: wrote ${escapeControls(file)}: ${escapeControls(snapshot.label)}, identifiers ${snapshot.identifiers}\n`;
  return json
    ? { exitCode: EXIT.ok, stdout: formatDocument(snapshotDocument(file, snapshot)), stderr }
    : { exitCode: EXIT.ok, stdout: '', stderr: stderr + written };
}
