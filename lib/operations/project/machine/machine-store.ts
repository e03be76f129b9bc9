import { PortalGunError } from '../../../base/errors.ts';
import { type HostReader, isFailure } from '../../../host/host-reader.ts';
import {
  BOOT_NAMES_FOLDER,
  bootFilePath,
  IMAGE_NAMES_FOLDER,
  imagePath,
} from '../../../machines/boot/store-paths.ts';
import { parseBootRecord, parseImageRecord } from '../../../machines/boot/store-records.ts';
import type { DiskFormat } from '../../../machines/definition/machine-definition.ts';
import type { ResolvedMachine } from '../../../machines/resolved-machine.ts';

/** The systems that `portal image build` builds under their own names. */
const BUILT_SYSTEMS: readonly string[] = ['debian', 'ubuntu'];

/** The part of a store that machines use. */
export interface StoreOfMachines {
  /** The kernel and initramfs of a profile. */
  profile(name: string): NonNullable<ResolvedMachine['kernel']>;
  /** A file by its checksum. */
  bootFile(sha256: string): string;
  /** An image: `image:NAME`, or a file of the folder. */
  image(source: string, inFolder: (path: string) => string): StoredImage;
}

interface StoredImage {
  readonly path: string;
  readonly format: DiskFormat;
}

/** A store for callers that do not start machines: it has everything. */
export const ANY_STORE: StoreOfMachines = {
  profile: (name) => ({ kernel: `${BOOT_NAMES_FOLDER}/${name}`, initrd: null }),
  bootFile: bootFilePath,
  image: (source, inFolder) =>
    source.startsWith('image:')
      ? { path: imagePath(source.slice('image:'.length)), format: 'qcow2' }
      : { path: inFolder(source), format: 'raw' },
};

/** The boot assets and images of a host, as machines name them. */
export class MachineStore implements StoreOfMachines {
  readonly #reader: Pick<HostReader, 'readText' | 'exists' | 'list'>;

  constructor(reader: Pick<HostReader, 'readText' | 'exists' | 'list'>) {
    this.#reader = reader;
  }

  /**
   * The kernel and initramfs of a profile. The uncompressed kernel is taken if there is one: it starts faster.
   *
   * @throws PortalGunError NOT_IN_STORE
   */
  profile(name: string): NonNullable<ResolvedMachine['kernel']> {
    const record = this.#record(`${BOOT_NAMES_FOLDER}/${name}.json`, parseBootRecord);
    const kernel = record?.elf ?? record?.kernel ?? null;
    if (record === null || kernel === null) {
      throw new PortalGunError('NOT_IN_STORE', 'the store has no boot assets of this name', {
        subject: name,
        hint: `build them: portal boot build ${name}`,
      });
    }
    return {
      kernel: bootFilePath(kernel.sha256),
      initrd: record.initrd === null ? null : bootFilePath(record.initrd.sha256),
    };
  }

  /** A kernel of the store, whichever; `null` if it has none. */
  anyKernel(): string | null {
    const names = this.#reader.list(BOOT_NAMES_FOLDER);
    for (const name of names === null || isFailure(names) ? [] : names) {
      const record = this.#record(`${BOOT_NAMES_FOLDER}/${name}`, parseBootRecord);
      const kernel = record?.elf ?? record?.kernel ?? null;
      if (kernel !== null) return bootFilePath(kernel.sha256);
    }
    return null;
  }

  /** @throws PortalGunError NOT_IN_STORE */
  bootFile(sha256: string): string {
    const path = bootFilePath(sha256);
    if (this.#reader.exists(path)) return path;
    throw new PortalGunError('NOT_IN_STORE', 'the store has no such file', {
      subject: `store:${sha256}`,
      hint: 'import it: portal boot import FILE; list the store: portal boot list',
    });
  }

  /**
   * An image: one of the store, or a file of the folder.
   *
   * @throws PortalGunError NOT_IN_STORE
   */
  image(source: string, inFolder: (path: string) => string): StoredImage {
    if (!source.startsWith('image:')) {
      return { path: inFolder(source), format: source.endsWith('.qcow2') ? 'qcow2' : 'raw' };
    }
    const name = source.slice('image:'.length);
    const record = this.#record(`${IMAGE_NAMES_FOLDER}/${name}.json`, parseImageRecord);
    if (record === null) {
      throw new PortalGunError('NOT_IN_STORE', 'the store has no such image', {
        subject: source,
        hint: BUILT_SYSTEMS.includes(name)
          ? `build it: portal image build ${name}; or import it: portal boot import FILE --name ${name}`
          : `import it: portal boot import FILE --name ${name}; or build one: portal image build debian --name ${name}`,
      });
    }
    return { path: imagePath(name), format: record.format === 'qcow2' ? 'qcow2' : 'raw' };
  }

  #record<T>(path: string, parse: (raw: string) => T | null): T | null {
    const text = this.#reader.readText(path);
    return text === null || isFailure(text) ? null : parse(text);
  }
}
