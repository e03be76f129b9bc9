import { PortalGunError } from '../../base/errors.ts';
import type { LargeFiles } from '../../host/large-files.ts';
import { mainDocument, readMachines } from '../../libvirt/machine/read-machines.ts';
import { HEAD_BYTES } from '../../machines/boot/boot-file.ts';
import { readQcow2 } from '../../machines/boot/qcow2.ts';
import { MACHINES_FOLDER } from '../../machines/boot/store-paths.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';

/**
 * Refuses to remove files that a VM uses: its documents name them, or one of its disks is an overlay of them.
 *
 * @throws PortalGunError STORE_IN_USE, also if the check fails
 */
export async function refuseUsedFiles(
  session: HostSession,
  paths: readonly string[],
  name: string,
): Promise<void> {
  const inUse = (message: string, hint?: string): never => {
    throw new PortalGunError('STORE_IN_USE', message, {
      subject: name,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const overlay = await overlayOf(session, paths);
  if (overlay !== null) inUse(`${overlay} is an overlay of it`);
  try {
    const { machines, unread } = await readMachines(virshOf(session), 'look');
    const user = machines.find((machine) =>
      [machine.definition, machine.live].some((each) => each !== null && namesOne(each.document.text, paths)),
    );
    if (user !== undefined) inUse(`VM ${mainDocument(user).machine.name} uses it`);
    if (unread.length > 0) inUse(`cannot read the definition of VM ${unread[0]}`);
  } catch (error) {
    if (!(error instanceof PortalGunError) || error.code === 'STORE_IN_USE') throw error;
    // Without virsh there is no libvirt that could have VMs.
    if (error.code === 'TOOL_MISSING') return;
    inUse(`cannot ask libvirt whether a VM uses it: ${error.message}`, error.hint);
  }
}

function namesOne(text: string, paths: readonly string[]): boolean {
  return paths.some((path) => text.includes(path));
}

/** A disk of a machine that is an overlay of one of the files; `null` if there is none. */
async function overlayOf({ ports }: HostSession, paths: readonly string[]): Promise<string | null> {
  const large = await ports.openLargeFiles();
  const names = ports.reader.list(MACHINES_FOLDER);
  for (const name of Array.isArray(names) ? names : []) {
    const folder = `${MACHINES_FOLDER}/${name}`;
    for (const file of await large.list(folder)) {
      const backing = await backingOf(large, `${folder}/${file}`);
      if (backing !== null && paths.includes(backing)) return `${folder}/${file}`;
    }
  }
  return null;
}

async function backingOf(large: LargeFiles, path: string): Promise<string | null> {
  return readQcow2(await large.read(path, 0, HEAD_BYTES))?.rawBackingFile ?? null;
}
