import { PortalGunError } from '../../base/errors.ts';
import {
  BOOT_NAMES_FOLDER,
  bootFilePath,
  IMAGE_NAMES_FOLDER,
  imagePath,
} from '../../machines/boot/store-paths.ts';
import { filesOf } from '../../machines/boot/store-records.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';
import { readBootRecords, readImageRecords, removeRecord, type StoreEntry } from './boot-store.ts';
import { refuseUsedFiles } from './machines-of-store.ts';
import { removeUnneeded } from './store-boot.ts';

/** Options of `portal boot remove` and `portal image remove`. */
export interface RemoveStoredOptions {
  readonly name: string;
  /** Whether it only checks if the files can be removed. */
  readonly dryRun?: boolean;
}

/** The files that were, or would be, removed. */
export interface RemovedFromStore {
  readonly name: string;
  /** Absolute paths of files. Files that other names need stay. */
  readonly files: readonly string[];
  readonly freedBytes: number;
}

/**
 * Removes boot assets of the store.
 *
 * @throws PortalGunError NOT_IN_STORE, STORE_IN_USE, PERMISSION_DENIED, HOST_LOCKED, STORE_FAILED
 */
export async function removeBoot(
  session: HostSession,
  options: RemoveStoredOptions,
): Promise<RemovedFromStore> {
  const { ports } = session;
  const { name, dryRun = false } = options;
  const entries = await readBootRecords(ports);
  const { record } = demandEntry(entries, name);
  const others = entries.filter((each) => each.name !== name);
  const isKnown = others.every((each) => each.record !== null);
  const shared = new Set(
    others.flatMap((each) => (each.record === null ? [] : filesOf(each.record).map(({ sha256 }) => sha256))),
  );
  const all = record === null ? [] : filesOf(record);
  const files = isKnown ? all.filter(({ sha256 }) => !shared.has(sha256)) : [];
  await refuseUsedFiles(
    session,
    all.map(({ sha256 }) => bootFilePath(sha256)),
    name,
  );
  const removed = {
    name,
    files: files.map(({ sha256 }) => bootFilePath(sha256)),
    freedBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
  if (dryRun) return removed;
  demandRoot(ports);
  await locked(session, async () => {
    await removeRecord(await ports.openFiles(), BOOT_NAMES_FOLDER, name);
    await removeUnneeded(session, await ports.openLargeFiles());
  });
  return removed;
}

/**
 * Removes an image of the store.
 *
 * @throws PortalGunError NOT_IN_STORE, STORE_IN_USE, PERMISSION_DENIED, HOST_LOCKED, STORE_FAILED
 */
export async function removeImage(
  session: HostSession,
  options: RemoveStoredOptions,
): Promise<RemovedFromStore> {
  const { ports } = session;
  const { name, dryRun = false } = options;
  demandEntry(await readImageRecords(ports), name);
  const path = imagePath(name);
  await refuseUsedFiles(session, [path], name);
  const large = await ports.openLargeFiles();
  const freedBytes = (await large.status(path))?.storedBytes ?? 0;
  const removed = { name, files: [path], freedBytes };
  if (dryRun) return removed;
  demandRoot(ports);
  await locked(session, async () => {
    await removeRecord(await ports.openFiles(), IMAGE_NAMES_FOLDER, name);
    await large.remove(path);
  });
  return removed;
}

function demandEntry<T>(entries: readonly StoreEntry<T>[], name: string): StoreEntry<T> {
  const entry = entries.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  const names = entries.map((each) => each.name);
  throw new PortalGunError('NOT_IN_STORE', 'no such name in the store', {
    subject: name,
    hint: names.length === 0 ? 'the store has none' : `the store has ${names.join(', ')}`,
  });
}

async function locked({ ports }: HostSession, run: () => Promise<void>): Promise<void> {
  const release = await ports.lock();
  try {
    await run();
  } finally {
    release();
  }
}
