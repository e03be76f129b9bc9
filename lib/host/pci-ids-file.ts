import { fileURLToPath } from 'node:url';
import { readFileBounded } from './file/files.ts';
import { readFileOf } from './file/input-file.ts';
import { isFailure } from './host-reader.ts';

/** A list of PCI ids, with its source. */
export interface PciIdsFile {
  readonly bytes: Buffer;
  readonly path: string;
  readonly origin: 'system' | 'bundled' | 'given';
}

// The paths of update-pciids, hwdata, and Debian's pci.ids package, best first.
const SYSTEM_PATHS = [
  '/var/lib/pciutils/pci.ids.gz',
  '/var/lib/pciutils/pci.ids',
  '/usr/share/hwdata/pci.ids',
  '/usr/share/hwdata/pci.ids.gz',
  '/usr/share/misc/pci.ids',
  '/usr/share/misc/pci.ids.gz',
  '/usr/share/pci.ids',
];
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The list of PCI ids to use: the list of the system if there is one, otherwise the list in the package. `choice` is
 * `bundled`, or a path, for another list.
 *
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, BAD_NAMES
 */
export function readPciIdsFile(choice: string | undefined): PciIdsFile {
  if (choice === undefined) {
    for (const path of SYSTEM_PATHS) {
      const bytes = readFileBounded(path, MAX_BYTES);
      if (bytes !== null && !isFailure(bytes) && bytes.length > 0) return { bytes, path, origin: 'system' };
    }
  }
  const bundled = choice === undefined || choice === 'bundled';
  const path = bundled ? fileURLToPath(new URL('../pci/pci.ids', import.meta.url)) : choice;
  return { bytes: readFileOf(path, MAX_BYTES, 'BAD_NAMES'), path, origin: bundled ? 'bundled' : 'given' };
}
