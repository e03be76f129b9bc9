import { PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { bootFilePath, imagePath, storedNameOf } from '../../machines/boot/store-paths.ts';
import type { ImageRecord, StoredFile } from '../../machines/boot/store-records.ts';
import { demandRecord, demandStoreName, readBootRecords, readImageRecords } from './boot-store.ts';
import { storeOwner } from './store-owner.ts';

/** The files that a VM is started with, or the command that makes them. Paths are absolute. */
export type ResolvedBoot =
  | {
      readonly kind: 'ready';
      /** The uncompressed kernel if there is one, otherwise the compressed one. */
      readonly kernel: string;
      readonly isUncompressed: boolean;
      readonly initrd: string | null;
      readonly kernelVersion: string | null;
    }
  /** The command that makes the files. */
  | { readonly kind: 'not-built'; readonly command: string };

/**
 * Finds the boot assets with a name, and checks that their content did not change since they were stored.
 *
 * @param name of a definition: `boot: { profile: minivm }`
 * @throws PortalGunError STORE_FAILED if they are damaged, NOT_IN_STORE if they have no kernel
 */
export async function resolveBootProfile(ports: HostPorts, name: string): Promise<ResolvedBoot> {
  demandStoreName(name, 'profile');
  const entry = (await readBootRecords(ports)).find((each) => each.name === name);
  if (entry === undefined) return { kind: 'not-built', command: `portal boot build ${name}` };
  const { kernel, elf, initrd, kernelVersion } = demandRecord(entry);
  const started = elf ?? kernel;
  if (started === null) {
    throw new PortalGunError('NOT_IN_STORE', 'has no kernel', {
      subject: name,
      hint: 'use boot assets with a kernel: portal boot list',
    });
  }
  return {
    kind: 'ready',
    kernel: await demandSound(ports, started),
    isUncompressed: elf !== null,
    initrd: initrd === null ? null : await demandSound(ports, initrd),
    kernelVersion,
  };
}

/**
 * Finds one file of the store, and checks its content.
 *
 * @param sha256 of a definition: `kernel: store:SHA256`
 * @returns its absolute path; of a compressed kernel that has an uncompressed one beside it, the path of that
 * @throws PortalGunError NOT_IN_STORE, STORE_FAILED
 */
export async function resolveStoredFile(ports: HostPorts, sha256: string): Promise<string> {
  for (const { record } of await readBootRecords(ports)) {
    if (record === null) continue;
    const { kernel, elf, initrd } = record;
    if (kernel?.sha256 === sha256) return demandSound(ports, elf ?? kernel);
    const found = [elf, initrd].find((each) => each?.sha256 === sha256);
    if (found != null) return demandSound(ports, found);
  }
  throw new PortalGunError('NOT_IN_STORE', 'no such file in the store', { subject: `store:${sha256}` });
}

/** An image of the store. */
export interface ResolvedImage {
  /** An absolute path. */
  readonly path: string;
  readonly record: ImageRecord;
}

/**
 * Finds an image of the store. Its content is not checked: that of a large image takes too long at each start.
 *
 * @param name of a definition: `root: image:NAME`
 * @returns `null` if there is none of that name
 * @throws PortalGunError STORE_FAILED if its file is missing or has another size
 */
export async function resolveImage(ports: HostPorts, name: string): Promise<ResolvedImage | null> {
  demandStoreName(name, 'image');
  const entry = (await readImageRecords(ports)).find((each) => each.name === name);
  if (entry === undefined) return null;
  const path = imagePath(name);
  const record = demandRecord(entry);
  const status = await (await ports.openLargeFiles()).status(path);
  if (status?.sizeBytes === record.sizeBytes) return { path, record };
  throw new PortalGunError(
    'STORE_FAILED',
    status === null ? 'is missing' : 'has another size than its record',
    {
      subject: path,
    },
  );
}

/**
 * Checks that files of the store, by their paths, have the content that they are named after.
 *
 * @throws PortalGunError STORE_FAILED
 */
export async function demandSoundFiles(ports: HostPorts, paths: readonly string[]): Promise<void> {
  for (const path of new Set(paths)) {
    const sha256 = storedNameOf(path);
    if (sha256 !== null) await demandSound(ports, { sha256 });
  }
}

async function demandSound(ports: HostPorts, { sha256 }: Pick<StoredFile, 'sha256'>): Promise<string> {
  const path = bootFilePath(sha256);
  const content = await (await ports.openLargeFiles()).content(path, { owner: storeOwner(ports) });
  if (content.sha256 === sha256) return path;
  throw new PortalGunError('STORE_FAILED', 'was changed: its content does not match its name', {
    subject: path,
  });
}
