import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { listBoot, listImages } from '../../../operations/boot/list-stored.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { bootListDocument, renderBootList } from '../../../render/boot/boot-text.ts';
import { imageListDocument, renderImageList } from '../../../render/boot/image-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { StoreValues } from '../../tables/boot/store-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `portal boot list`: the kernels and initramfs images of the store. */
export async function runBootList(
  { json }: Pick<StoreValues, 'json'>,
  terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const entries = await listBoot(new HostSession(ports));
  const stdout = json ? formatDocument(bootListDocument(entries)) : renderBootList(entries, terminal);
  return listResult(entries, stdout);
}

/** `portal image list`: the disk images of the store. */
export async function runImageList(
  { json }: Pick<StoreValues, 'json'>,
  terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const entries = await listImages(new HostSession(ports));
  const stdout = json ? formatDocument(imageListDocument(entries)) : renderImageList(entries, terminal);
  return listResult(entries, stdout);
}

function listResult(entries: readonly { readonly problem: string | null }[], stdout: string): CommandResult {
  const isSound = entries.every(({ problem }) => problem === null);
  return { exitCode: isSound ? EXIT.ok : EXIT.findings, stdout, stderr: '' };
}
