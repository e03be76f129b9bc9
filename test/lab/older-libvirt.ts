import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder, type Making, runMmdebstrap, unpack } from './root-file-system.ts';

/** The Debian before the one of the lab: the oldest whose libvirt takes our definitions. */
export const OLDER_SUITE = 'bookworm';

/** No more than a libvirtd that defines machines, and the QEMU that it asks what there is. */
const PACKAGES = [
  'busybox-static',
  'libvirt-clients',
  'libvirt-daemon',
  'libvirt-daemon-driver-qemu',
  'ovmf',
  'qemu-system-x86',
];

/** Unpacked and not set up: what is not to be booted needs no more, and it takes a third of the time. */
const RECIPE: readonly string[] = [
  '--variant=extract',
  '--architectures=amd64',
  '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
  `--include=${PACKAGES.join(',')}`,
  '--aptopt=Apt::Install-Recommends "false"',
  ...['man', 'doc', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  OLDER_SUITE,
];

/** Users that the daemon looks for before it reads its settings; packages that are set up would have made them. */
const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nlibvirt-qemu:x:64055:994::/nonexistent:/bin/false\n',
  'etc/group': 'root:x:0:\nkvm:x:994:\nlibvirt-qemu:x:64055:\n',
};

const KEY = createHash('sha256')
  .update(JSON.stringify([RECIPE, FILES]))
  .digest('hex')
  .slice(0, 12);

/**
 * The files of the libvirt and QEMU of {@link OLDER_SUITE}, made where they are not there yet: a minute, and 240 MB in the
 * cache folder.
 *
 * @returns the directory of the files
 * @throws LabUnavailable where this machine can't make them, as without that release on its mirror
 */
export async function olderLibvirt(making: Making): Promise<string> {
  const folder = await cachedFolder(KEY, async (building, mirror) => {
    making.say(
      `Unpacking libvirt of Debian ${OLDER_SUITE} with mmdebstrap, from ${mirror}: once, in a minute.`,
    );
    const archive = join(building, 'root.tar');
    await runMmdebstrap(`the libvirt of Debian ${OLDER_SUITE}`, [...RECIPE, archive, mirror], making);
    await unpack(archive, join(building, 'tree'), making);
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(building, 'tree', name), text);
  });
  return join(folder, 'tree');
}
