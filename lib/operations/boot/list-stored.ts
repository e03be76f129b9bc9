import { bootFilePath, imagePath } from '../../machines/boot/store-paths.ts';
import { type BootRecord, filesOf, type ImageRecord } from '../../machines/boot/store-records.ts';
import type { HostSession } from '../session/host-session.ts';
import { readBootRecords, readImageRecords, type StoreEntry } from './boot-store.ts';

/**
 * Lists the boot assets of the store. Whether files are there, with their size, is checked; their content is checked
 * when a machine starts.
 *
 * @throws PortalGunError STORE_FAILED, PERMISSION_DENIED
 */
export async function listBoot({ ports }: HostSession): Promise<readonly StoreEntry<BootRecord>[]> {
  return listed(ports, await readBootRecords(ports), (record) =>
    filesOf(record).map(({ sha256, sizeBytes }) => ({ path: bootFilePath(sha256), sizeBytes })),
  );
}

/**
 * Lists the images of the store, and checks whether their files are there, with their size.
 *
 * @throws PortalGunError STORE_FAILED, PERMISSION_DENIED
 */
export async function listImages({ ports }: HostSession): Promise<readonly StoreEntry<ImageRecord>[]> {
  return listed(ports, await readImageRecords(ports), ({ name, sizeBytes }) => [
    { path: imagePath(name), sizeBytes },
  ]);
}

async function listed<T>(
  ports: HostSession['ports'],
  entries: readonly StoreEntry<T>[],
  filesIn: (record: T) => readonly { readonly path: string; readonly sizeBytes: number }[],
): Promise<readonly StoreEntry<T>[]> {
  const large = await ports.openLargeFiles();
  const found: StoreEntry<T>[] = [];
  for (const entry of entries) {
    if (entry.record === null) {
      found.push(entry);
      continue;
    }
    const problems: string[] = [];
    for (const { path, sizeBytes } of filesIn(entry.record)) {
      const status = await large.status(path);
      if (status === null) problems.push(`${path} is missing`);
      else if (status.sizeBytes !== sizeBytes) problems.push(`${path} has another size than its record`);
    }
    found.push({ ...entry, problem: problems[0] ?? null });
  }
  return found;
}
