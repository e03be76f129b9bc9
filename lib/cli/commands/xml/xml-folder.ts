import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { allDevicesXml } from '../../../operations/xml/all-devices-xml.ts';
import { formatDocument } from '../../../render/documents.ts';
import {
  renderSnippetFiles,
  type SnippetFile,
  snippetFilesDocument,
} from '../../../render/machine/snippet-files.ts';
import { type CommandResult, isGiven, optionNamed } from '../../grammar/command.ts';
import { viewRemarks } from '../../reading-options.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { XmlValues } from './xml-values.ts';

/** The options for one device, or for one VM. */
const OTHERS = ['as', 'group', 'guestAddress', 'domain', 'pool', 'vlan'] as const;

/** `pci xml --all`: a file for each device that a VM can have. */
export async function runXmlFolder(
  args: XmlValues,
  { width }: Terminal,
  session: HostSession,
): Promise<CommandResult> {
  const folder = args.outputDir;
  if (folder === undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a directory for the files', {
      subject: '--all',
      hint: 'add --output-dir DIR',
    });
  }
  if (folder === '-') {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a directory: it cannot write several files to stdout', {
      subject: '--output-dir',
      hint: 'use a directory; to print the XML of one device: pci xml 03:00.0',
    });
  }
  const other = args.devices[0] ?? OTHERS.filter((key) => isGiven(args[key])).map(optionNamed)[0];
  if (other !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --all', { subject: other });
  }
  const written = await allDevicesXml(session, args);
  const { documents, leftOut, inventory } = written;
  const texts = new Map(documents.map(({ file, text }) => [file, text]));
  const outcomes = (await session.ports.openUserFiles()).putFolder(folder, texts, args.overwrite);
  const files = documents.map(
    ({ address, file }): SnippetFile => ({ address, file, outcome: outcomes.get(file) ?? 'unchanged' }),
  );
  return {
    exitCode: EXIT.ok,
    stdout: args.json
      ? formatDocument(snippetFilesDocument(inventory.host, folder, files, leftOut))
      : renderSnippetFiles(folder, files, leftOut, width),
    stderr: viewRemarks(args, session, written),
  };
}
