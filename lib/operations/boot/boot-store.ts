import { PortalGunError } from '../../base/errors.ts';
import type { FileStore } from '../../host/file-store.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { BOOT_NAMES_FOLDER, IMAGE_NAMES_FOLDER, isStoreName } from '../../machines/boot/store-paths.ts';
import {
  type BootRecord,
  type ImageRecord,
  parseBootRecord,
  parseImageRecord,
} from '../../machines/boot/store-records.ts';

const DAMAGED = 'its record is damaged';

/** A name of the store, with its record unless that is damaged. */
export interface StoreEntry<T> {
  readonly name: string;
  /** `null` if it is damaged. */
  readonly record: T | null;
  /** Its problem; `null` if it has none. */
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
