import { PortalGunError } from '../../base/errors.ts';
import type { FileStore } from '../../host/file-store.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { LargeFiles } from '../../host/large-files.ts';
import {
  BOOT_NAMES_FOLDER,
  bootFilePath,
  IMAGE_NAMES_FOLDER,
  isStoreName,
} from '../../machines/boot/store-paths.ts';
import {
  type BootRecord,
  filesOf,
  type ImageRecord,
  parseBootRecord,
  parseImageRecord,
  type StoredFile,
} from '../../machines/boot/store-records.ts';

/** Boot assets are read by QEMU's user too, and written by nobody. */
const BOOT_MODE = 0o644;

const DAMAGED = 'its record is damaged';

/** A record of the store, or only its name if it is damaged. */
export interface StoreEntry<T> {
  readonly name: string;
  /** `null` if it is damaged. */
  readonly record: T | null;
  /** What is wrong with it; `null` if nothing is. */
  readonly problem: string | null;
}

/**
 * The record of a name.
 *
 * @throws PortalGunError STORE_FAILED if it is damaged
 */
export function demandRecord<T>({ name, record, problem }: StoreEntry<T>): T {
  if (record !== null) return record;
  throw new PortalGunError('STORE_FAILED', problem ?? DAMAGED, { subject: name });
}

/** @throws PortalGunError BAD_ARGUMENT */
export function demandStoreName(name: string, subject: string): void {
  if (isStoreName(name)) return;
  throw new PortalGunError('BAD_ARGUMENT', `does not take "${name}"`, {
    subject,
    hint: 'use up to 64 lowercase letters, digits, dots, hyphens and underscores; the first is a letter or digit',
  });
}

/** The boot assets of the store, by name. */
export async function readBootRecords(ports: HostPorts): Promise<readonly StoreEntry<BootRecord>[]> {
  return readRecords(await ports.openFiles(), BOOT_NAMES_FOLDER, parseBootRecord);
}

/** The images of the store, by name. */
export async function readImageRecords(ports: HostPorts): Promise<readonly StoreEntry<ImageRecord>[]> {
  return readRecords(await ports.openFiles(), IMAGE_NAMES_FOLDER, parseImageRecord);
}

async function readRecords<T extends { readonly name: string }>(
  files: FileStore,
  folder: string,
  parse: (raw: string) => T | null,
): Promise<readonly StoreEntry<T>[]> {
  const names = await files.list(folder);
  if ('failed' in names) throw new PortalGunError('STORE_FAILED', names.failed, { subject: folder });
  const entries: StoreEntry<T>[] = [];
  for (const file of names) {
    const name = /^(.+)\.json$/.exec(file)?.[1];
    if (name === undefined || !isStoreName(name)) continue;
    const raw = await files.read(`${folder}/${file}`);
    if (raw === null) continue;
    const record = typeof raw === 'string' ? parse(raw) : null;
    if (record?.name === name) entries.push({ name, record, problem: null });
    else entries.push({ name, record: null, problem: typeof raw === 'string' ? DAMAGED : raw.failed });
  }
  return entries;
}

/** @throws PortalGunError STORE_FAILED */
export async function writeRecord(
  files: FileStore,
  folder: string,
  record: BootRecord | ImageRecord,
): Promise<void> {
  const path = `${folder}/${record.name}.json`;
  const stored = await files.replace(path, `${JSON.stringify(record, null, 2)}\n`);
  if (stored !== 'written') throw new PortalGunError('STORE_FAILED', stored.failed, { subject: path });
}

/** @throws PortalGunError STORE_FAILED */
export async function removeRecord(files: FileStore, folder: string, name: string): Promise<void> {
  const path = `${folder}/${name}.json`;
  const stored = await files.remove(path);
  if (stored !== 'written') throw new PortalGunError('STORE_FAILED', stored.failed, { subject: path });
}

/**
 * Puts boot assets into the store: first the files, then the record that names them. Files that only the old record of
 * that name needed are removed.
 *
 * @throws PortalGunError HOST_LOCKED, NO_SPACE, STORE_FAILED, PERMISSION_DENIED
 */
export async function storeBoot(
  ports: HostPorts,
  large: LargeFiles,
  contents: readonly (string | Uint8Array)[],
  recordOf: (files: readonly StoredFile[]) => BootRecord,
): Promise<BootRecord> {
  const release = await ports.lock();
  try {
    const files: StoredFile[] = [];
    for (const content of contents) {
      const { sha256, sizeBytes } = await large.put(content, (each) => bootFilePath(each.sha256), {
        mode: BOOT_MODE,
      });
      files.push({ sha256, sizeBytes });
    }
    const record = recordOf(files);
    const before = (await readBootRecords(ports)).find(({ name }) => name === record.name)?.record ?? null;
    await writeRecord(await ports.openFiles(), BOOT_NAMES_FOLDER, record);
    if (before !== null) await removeUnneeded(ports, large, filesOf(before));
    return record;
  } finally {
    release();
  }
}

/**
 * Removes those files of the store that no record names. If a record cannot be read, none is removed.
 *
 * @returns the files that were removed
 */
export async function removeUnneeded(
  ports: HostPorts,
  large: LargeFiles,
  files: readonly StoredFile[],
): Promise<readonly StoredFile[]> {
  const entries = await readBootRecords(ports);
  if (entries.some(({ record }) => record === null)) return [];
  const needed = new Set(
    entries.flatMap(({ record }) => (record === null ? [] : filesOf(record).map(({ sha256 }) => sha256))),
  );
  const unneeded = files.filter(({ sha256 }) => !needed.has(sha256));
  for (const { sha256 } of unneeded) await large.remove(bootFilePath(sha256));
  return unneeded;
}
