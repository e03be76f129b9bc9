import type { BootRecord, ImageRecord } from '../machines/boot/store-records.ts';
import type { StoreEntry } from './boot/boot-store.ts';
import type { BuildBootOptions, BuiltBoot } from './boot/build-boot.ts';
import type { BuildImageOptions, BuiltImage } from './boot/build-image.ts';
import type { ImportBootOptions, ImportedBoot } from './boot/import-boot.ts';
import type { RemovedFromStore, RemoveStoredOptions } from './boot/remove-stored.ts';
import type { ResolvedBoot, ResolvedImage } from './boot/resolve-boot.ts';
import type { HostSession } from './session/host-session.ts';

/** The operations on the kernels and initramfs images of the store: a method for each command of `portal boot`. */
export class BootSession {
  readonly #session: HostSession;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /** Builds a kernel and an initramfs from the signed packages of the distribution. */
  async build(options: BuildBootOptions): Promise<BuiltBoot> {
    const { buildBoot } = await import('./boot/build-boot.ts');
    return buildBoot(this.#session, options);
  }

  /** Copies a kernel, an initramfs or a disk image into the store. */
  async importFile(options: ImportBootOptions): Promise<ImportedBoot> {
    const { importBoot } = await import('./boot/import-boot.ts');
    return importBoot(this.#session, options);
  }

  /** The boot assets of the store, by name. */
  async list(): Promise<readonly StoreEntry<BootRecord>[]> {
    const { listBoot } = await import('./boot/list-stored.ts');
    return listBoot(this.#session);
  }

  /** Removes boot assets, unless a VM uses them. */
  async remove(options: RemoveStoredOptions): Promise<RemovedFromStore> {
    const { removeBoot } = await import('./boot/remove-stored.ts');
    return removeBoot(this.#session, options);
  }

  /** Finds the files of boot assets, and checks their content. */
  async resolve(name: string): Promise<ResolvedBoot> {
    const { resolveBootProfile } = await import('./boot/resolve-boot.ts');
    return resolveBootProfile(this.#session.ports, name);
  }

  /** Finds a file by its content (`store:SHA256`), and checks it: the path of a kernel is that of its uncompressed form. */
  async resolveFile(sha256: string): Promise<string> {
    const { resolveStoredFile } = await import('./boot/resolve-boot.ts');
    return resolveStoredFile(this.#session.ports, sha256);
  }
}

/** The operations on the root images of the store: a method for each command of `portal image`. */
export class ImageSession {
  readonly #session: HostSession;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /** Builds a root image from the signed packages of the distribution. */
  async build(options: BuildImageOptions): Promise<BuiltImage> {
    const { buildImage } = await import('./boot/build-image.ts');
    return buildImage(this.#session, options);
  }

  /** The images of the store, by name. */
  async list(): Promise<readonly StoreEntry<ImageRecord>[]> {
    const { listImages } = await import('./boot/list-stored.ts');
    return listImages(this.#session);
  }

  /** Removes an image, unless a VM uses it. */
  async remove(options: RemoveStoredOptions): Promise<RemovedFromStore> {
    const { removeImage } = await import('./boot/remove-stored.ts');
    return removeImage(this.#session, options);
  }
  /** Finds the file of an image; `null` if there is no image of that name. */
  async resolve(name: string): Promise<ResolvedImage | null> {
    const { resolveImage } = await import('./boot/resolve-boot.ts');
    return resolveImage(this.#session.ports, name);
  }
}
