import { EXIT, PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { demandPlace, PRIVATE_MODE, putFile } from '../../host/file/output-folder.ts';
import { formatSnapshot } from '../../host/snapshot/snapshot-text.ts';
import { formatDocument, snapshotDocument } from '../../render/documents.ts';
import { captureHost } from '../../sysfs/capture.ts';
import { hasMachineId, replaceIdentifiers } from '../../sysfs/redaction/replace-identifiers.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';
import { hostOf } from '../reading-options.ts';

interface SnapshotValues extends Pick<ReadingValues, 'host' | 'json'> {
  readonly output: string | undefined;
  readonly overwrite: boolean;
  readonly raw: boolean;
}

const UNKEYED =
  'pci: note: the host has no machine id: who guesses a serial number or MAC can confirm it by its stand-in\n';

/** `pci snapshot`: the host in one text file. */
export function runSnapshot(args: SnapshotValues): CommandResult {
  const file = args.output;
  const json = args.json;
  if (json && (file === undefined || file === '-')) {
    throw new PortalGunError('BAD_ARGUMENT', 'goes with --output: the snapshot itself is text', {
      subject: '--json',
      hint: 'add --output FILE',
    });
  }
  const isText = file === undefined || file === '-';
  if (!isText) demandPlace(file, 'give the path of a regular file; or print it to standard output: -o -');
  const captured = captureHost(hostOf(args));
  const snapshot = args.raw ? captured : replaceIdentifiers(captured);
  const text = formatSnapshot(snapshot);
  const note = snapshot === captured || hasMachineId(captured) ? '' : UNKEYED;
  if (isText) return { exitCode: EXIT.ok, stdout: text, stderr: note };
  putFile(file, text, PRIVATE_MODE, args.overwrite);
  const written = `pci: wrote ${escapeControls(file)}: ${escapeControls(snapshot.label)}, identifiers ${snapshot.identifiers}\n`;
  return json
    ? { exitCode: EXIT.ok, stdout: formatDocument(snapshotDocument(file, snapshot)), stderr: note }
    : { exitCode: EXIT.ok, stdout: '', stderr: note + written };
}
