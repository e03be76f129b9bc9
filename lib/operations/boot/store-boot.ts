import { PortalGunError } from '../../base/errors.ts';
import type { LargeFiles } from '../../host/large-files.ts';
import { BOOT_FOLDER, BOOT_NAMES_FOLDER, bootFilePath } from '../../machines/boot/store-paths.ts';
import { type BootRecord, filesOf, type StoredFile } from '../../machines/boot/store-records.ts';
import type { HostSession } from '../session/host-session.ts';
import { readBootRecords, writeRecord } from './boot-store.ts';
import { refuseUsedFiles } from './machines-of-store.ts';
import { storeOwner } from './store-owner.ts';

/** QEMU's user can read boot assets, and no user can write them. */
const BOOT_MODE = 0o644;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Puts boot assets into the store: first the files, then the record that names them. Files that no record needs are
 * removed, unless a VM uses them.
 *
 * @throws PortalGunError HOST_LOCKED, NO_SPACE, STORE_FAILED, PERMISSION_DENIED
 */
export async function storeBoot(
  session: HostSession,
  large: LargeFiles,
  contents: readonly (string | Uint8Array)[],
  recordOf: (files: readonly StoredFile[]) => BootRecord,
): Promise<BootRecord> {
  const { ports } = session;
  const release = await ports.lock();
  try {
    const files: StoredFile[] = [];
    for (const content of contents) {
      const { sha256, sizeBytes } = await large.put(content, (each) => bootFilePath(each.sha256), {
        mode: BOOT_MODE,
        owner: storeOwner(ports),
      });
      files.push({ sha256, sizeBytes });
    }
    const record = recordOf(files);
    await writeRecord(await ports.openFiles(), BOOT_NAMES_FOLDER, record);
    await removeUnneeded(session, large);
    return record;
  } finally {
    release();
  }
}

/**
 * Removes the files of the store that no record names and no VM uses. If a record cannot be read, none is removed. The
 * caller has the lock.
 */
export async function removeUnneeded(session: HostSession, large: LargeFiles): Promise<void> {
  const entries = await readBootRecords(session.ports);
  if (entries.some(({ record }) => record === null)) return;
  const needed = new Set(
    entries.flatMap(({ record }) => (record === null ? [] : filesOf(record).map(({ sha256 }) => sha256))),
  );
  const names = (await large.list(BOOT_FOLDER)).filter((name) => SHA256.test(name) && !needed.has(name));
  for (const path of names.map(bootFilePath)) {
    if (!(await isUsed(session, path))) await large.remove(path);
  }
}

/** Whether a VM uses a file, or that is not known. */
async function isUsed(session: HostSession, path: string): Promise<boolean> {
  try {
    await refuseUsedFiles(session, [path], path);
    return false;
  } catch (error) {
    if (error instanceof PortalGunError) return true;
    throw error;
  }
}
